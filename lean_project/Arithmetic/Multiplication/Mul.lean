module
prelude

public import Arithmetic.Addition.Add

namespace Arithmetic.Natural

/-- The product of two numbers, by recursion on the second: `a * 0 = 0` and `a * (b + 1) = a * b + a`. -/
@[expose] public def mul (a b : Natural) : Natural :=
  match b with
  | zero => zero
  | succ b => (a.mul b).add a

end Arithmetic.Natural
