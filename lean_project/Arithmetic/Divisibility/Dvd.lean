module
prelude

public import Arithmetic.Multiplication.Mul

namespace Arithmetic.Natural

/-- `a` divides `b` when `b` is a multiple of `a`. -/
@[expose] public def dvd (a b : Natural) : Prop :=
  Exists fun c => Eq (a.mul c) b

end Arithmetic.Natural
