module
prelude

public import Arithmetic.Numbers.One
public import Arithmetic.Multiplication.Mul
import Arithmetic.Addition.ZeroAdd

namespace Arithmetic.Natural

/-- A number times one is itself. -/
public theorem mul_one (n : Natural) :
    Eq (n.mul one) n :=
  zero_add n

end Arithmetic.Natural
