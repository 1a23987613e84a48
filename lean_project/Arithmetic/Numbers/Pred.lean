module
prelude

public import Arithmetic.Numbers.Natural

namespace Arithmetic.Natural

/-- The number before `n`; zero, which has none, stays where it is. -/
@[expose] public def pred (n : Natural) : Natural :=
  match n with
  | zero => zero
  | succ n => n

end Arithmetic.Natural
