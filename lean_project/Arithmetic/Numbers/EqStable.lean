module
prelude

public import Arithmetic.Logic.Stable
public import Arithmetic.Numbers.Natural
import Arithmetic.Logic.StableOfDecided
import Arithmetic.Numbers.EqDecided

namespace Arithmetic.Natural

/-- Numbers that cannot be distinct are equal. -/
public theorem eq_stable (a b : Natural) :
    Stable (Eq a b) :=
  stable_of_decided (eq_decided a b)

end Arithmetic.Natural
