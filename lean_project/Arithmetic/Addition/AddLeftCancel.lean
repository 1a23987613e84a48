module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.SuccInj
import Arithmetic.Numbers.Induction
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- What is added on the left of both sides of an equation may be left out. -/
public theorem add_left_cancel (a : Natural) {b c : Natural} (h : Eq (a.add b) (a.add c)) :
    Eq b c :=
  have base (h : Eq (zero.add b) (zero.add c)) : Eq b c :=
    eq_trans (eq_symm (zero_add b)) (eq_trans h (zero_add c))
  have step (a : Natural) (ih : Eq (a.add b) (a.add c) → Eq b c) (h : Eq (a.succ.add b) (a.succ.add c)) :
      Eq b c :=
    ih (succ_inj (eq_trans (eq_symm (succ_add a b)) (eq_trans h (succ_add a c))))
  induction (fun a => Eq (a.add b) (a.add c) → Eq b c) base step a h

end Arithmetic.Natural
