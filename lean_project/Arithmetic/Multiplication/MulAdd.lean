module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.AddAssoc

namespace Arithmetic.Natural

/-- Multiplication distributes over addition. -/
public theorem mul_add (a b c : Natural) :
    Eq (a.mul (b.add c)) ((a.mul b).add (a.mul c)) :=
  match c with
  | zero => rfl
  | succ c =>
    have ih : Eq ((a.mul (b.add c)).add a) (((a.mul b).add (a.mul c)).add a) :=
      congr_arg (add · a) (mul_add a b c)
    have right : Eq (((a.mul b).add (a.mul c)).add a) ((a.mul b).add ((a.mul c).add a)) :=
      add_assoc (a.mul b) (a.mul c) a
    eq_trans ih right

end Arithmetic.Natural
