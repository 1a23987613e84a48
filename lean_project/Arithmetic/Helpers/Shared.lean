module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.AddAssoc
import Arithmetic.Addition.AddLeftCancel

namespace Arithmetic.Natural

/-- Only zero can be added without effect. -/
public theorem eq_zero_of_add_eq_self {a b : Natural} (h : Eq (a.add b) a) :
    Eq b zero :=
  add_left_cancel a h

/-- What stands first on both sides of an equation may be left out, past a bracket too. -/
public theorem add_eq_of_add_add_eq_add {a b c d : Natural} (h : Eq ((a.add b).add c) (a.add d)) :
    Eq (b.add c) d :=
  add_left_cancel a (eq_trans (eq_symm (add_assoc a b c)) h)

end Arithmetic.Natural
