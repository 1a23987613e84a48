module
prelude

public import Arithmetic.Equality.Ne
public import Arithmetic.Numbers.Natural
import Arithmetic.Equality.EqSubst

namespace Arithmetic.Natural

/-- Zero is not a successor. -/
public theorem succ_ne_zero (n : Natural) :
    Ne n.succ zero :=
  let IsSucc (m : Natural) : Prop :=
    match m with
    | zero => False
    | succ _ => True
  fun h => eq_subst IsSucc h True.intro

end Arithmetic.Natural
