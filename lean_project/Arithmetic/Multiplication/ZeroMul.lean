module
prelude

public import Arithmetic.Multiplication.Mul

namespace Arithmetic.Natural

/-- Zero times a number is zero. -/
public theorem zero_mul (n : Natural) :
    Eq (zero.mul n) zero :=
  match n with
  | zero => rfl
  | succ n => zero_mul n

end Arithmetic.Natural
