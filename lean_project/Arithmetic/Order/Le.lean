module
prelude

public import Arithmetic.Addition.Add

namespace Arithmetic.Natural

/-- `a` is at most `b` when something can be added to `a` to make `b`. -/
@[expose] public def le (a b : Natural) : Prop :=
  Exists fun c => Eq (a.add c) b

end Arithmetic.Natural
