module
prelude

public import Arithmetic.Numbers.Natural

namespace Arithmetic.Natural

/-- The sum of two numbers, by recursion on the second: `a + 0 = a` and `a + (b + 1) = (a + b) + 1`. -/
@[expose] public def add (a b : Natural) : Natural :=
  match b with
  | zero => a
  | succ b => succ (a.add b)

end Arithmetic.Natural
