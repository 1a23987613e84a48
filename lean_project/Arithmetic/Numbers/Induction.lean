module
prelude

public import Arithmetic.Numbers.Natural

namespace Arithmetic.Natural

/-- What holds of zero, and with every number of the next, holds of all numbers. -/
public theorem induction (P : Natural → Prop) (base : P zero) (step : ∀ n, P n → P n.succ)
    (n : Natural) :
    P n :=
  n.rec base step

end Arithmetic.Natural
