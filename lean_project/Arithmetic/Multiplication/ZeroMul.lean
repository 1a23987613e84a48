module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Numbers.Induction

namespace Arithmetic.Natural

/-- Zero times a number is zero. -/
public theorem zero_mul (n : Natural) :
    Eq (zero.mul n) zero :=
  induction (fun n => Eq (zero.mul n) zero) rfl (fun _ ih => ih) n

end Arithmetic.Natural
