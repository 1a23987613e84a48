module
prelude

public import Arithmetic.Order.Le

namespace Arithmetic.Natural

/-- `a` is less than `b` when the successor of `a` is at most `b`. -/
@[expose] public def lt (a b : Natural) : Prop :=
  a.succ.le b

end Arithmetic.Natural
