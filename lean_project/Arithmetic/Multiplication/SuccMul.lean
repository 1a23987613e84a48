module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Addition.AddComm
import Arithmetic.Addition.AddAssoc

namespace Arithmetic.Natural

/-- One more factor on the left is one more summand. -/
public theorem succ_mul (a b : Natural) :
    Eq (a.succ.mul b) ((a.mul b).add b) :=
  have step (b : Natural) (ih : Eq (a.succ.mul b) ((a.mul b).add b)) :
      Eq ((a.succ.mul b).add a) (((a.mul b).add a).add b) :=
    have expand : Eq ((a.succ.mul b).add a) (((a.mul b).add b).add a) := congr_arg (add · a) ih
    have regroup : Eq (((a.mul b).add b).add a) ((a.mul b).add (b.add a)) := add_assoc (a.mul b) b a
    have swap : Eq ((a.mul b).add (b.add a)) ((a.mul b).add (a.add b)) :=
      congr_arg (a.mul b).add (add_comm b a)
    have restore : Eq ((a.mul b).add (a.add b)) (((a.mul b).add a).add b) :=
      eq_symm (add_assoc (a.mul b) a b)
    eq_trans expand (eq_trans regroup (eq_trans swap restore))
  induction (fun b => Eq (a.succ.mul b) ((a.mul b).add b)) rfl (fun b ih => congr_arg succ (step b ih)) b

end Arithmetic.Natural
