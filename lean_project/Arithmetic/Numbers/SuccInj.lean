module
prelude

public import Arithmetic.Numbers.Natural
import Arithmetic.Equality.CongrArg
import Arithmetic.Numbers.Pred

namespace Arithmetic.Natural

/-- Numbers with the same successor are the same. -/
public theorem succ_inj {a b : Natural} (h : Eq a.succ b.succ) :
    Eq a b :=
  congr_arg pred h

end Arithmetic.Natural
