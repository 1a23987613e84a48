module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Multiplication.MulAdd

namespace Arithmetic.Natural

/-- Multiplication is associative. -/
public theorem mul_assoc (a b c : Natural) :
    Eq ((a.mul b).mul c) (a.mul (b.mul c)) :=
  have step (c : Natural) (ih : Eq ((a.mul b).mul c) (a.mul (b.mul c))) :
      Eq (((a.mul b).mul c).add (a.mul b)) (a.mul ((b.mul c).add b)) :=
    eq_trans (congr_arg (add · (a.mul b)) ih) (eq_symm (mul_add a (b.mul c) b))
  induction (fun c => Eq ((a.mul b).mul c) (a.mul (b.mul c))) rfl step c

end Arithmetic.Natural
