module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.AddComm
import Arithmetic.Addition.AddAssoc

namespace Arithmetic.Natural

/-- One more factor on the left is one more summand. -/
public theorem succ_mul (a b : Natural) :
    Eq (a.succ.mul b) ((a.mul b).add b) :=
  match b with
  | zero => rfl
  | succ b =>
    have ih : Eq ((a.succ.mul b).add a) (((a.mul b).add b).add a) :=
      congr_arg (add · a) (succ_mul a b)
    have swap : Eq ((a.mul b).add (b.add a)) ((a.mul b).add (a.add b)) :=
      congr_arg (a.mul b).add (add_comm b a)
    have right : Eq (((a.mul b).add b).add a) ((a.mul b).add (b.add a)) := add_assoc (a.mul b) b a
    have left : Eq ((a.mul b).add (a.add b)) (((a.mul b).add a).add b) :=
      eq_symm (add_assoc (a.mul b) a b)
    congr_arg succ (eq_trans ih (eq_trans right (eq_trans swap left)))

end Arithmetic.Natural
