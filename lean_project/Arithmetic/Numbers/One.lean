module
prelude

public import Arithmetic.Numbers.Natural

namespace Arithmetic.Natural

/-- The number `1`. -/
@[expose] public def one : Natural :=
  succ zero

end Arithmetic.Natural
