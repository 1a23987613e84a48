module
prelude

public import Arithmetic.Logic.Decided
import Arithmetic.Logic.NotOr

namespace Arithmetic

/-- No proposition can be shown to be undecided. -/
public theorem not_not_decided {P : Prop} :
    Not (Not (Decided P)) :=
  fun undecided =>
    have ⟨notP, notNotP⟩ := not_or.mp undecided
    notNotP notP

end Arithmetic
