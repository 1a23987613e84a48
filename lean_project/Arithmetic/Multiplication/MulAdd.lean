module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Addition.AddAssoc

namespace Arithmetic.Natural

/-- Multiplication distributes over addition. -/
public theorem mul_add (a b c : Natural) :
    Eq (a.mul (b.add c)) ((a.mul b).add (a.mul c)) :=
  have step (c : Natural) (ih : Eq (a.mul (b.add c)) ((a.mul b).add (a.mul c))) :
      Eq ((a.mul (b.add c)).add a) ((a.mul b).add ((a.mul c).add a)) :=
    eq_trans (congr_arg (add · a) ih) (add_assoc (a.mul b) (a.mul c) a)
  induction (fun c => Eq (a.mul (b.add c)) ((a.mul b).add (a.mul c))) rfl step c

end Arithmetic.Natural
