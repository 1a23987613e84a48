module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.SuccInj
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- What is added on the left of both sides of an equation may be left out. -/
public theorem add_left_cancel (a : Natural) {b c : Natural} (h : Eq (a.add b) (a.add c)) :
    Eq b c :=
  match a with
  | zero => eq_trans (eq_symm (zero_add b)) (eq_trans h (zero_add c))
  | succ a =>
    have moved : Eq (a.add b).succ (a.add c).succ :=
      eq_trans (eq_symm (succ_add a b)) (eq_trans h (succ_add a c))
    add_left_cancel a (succ_inj moved)

end Arithmetic.Natural
