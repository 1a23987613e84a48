module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Multiplication.MulAdd

namespace Arithmetic.Natural

/-- Multiplication is associative. -/
public theorem mul_assoc (a b c : Natural) :
    Eq ((a.mul b).mul c) (a.mul (b.mul c)) :=
  match c with
  | zero => rfl
  | succ c =>
    have ih : Eq (((a.mul b).mul c).add (a.mul b)) ((a.mul (b.mul c)).add (a.mul b)) :=
      congr_arg (add · (a.mul b)) (mul_assoc a b c)
    have collect : Eq ((a.mul (b.mul c)).add (a.mul b)) (a.mul ((b.mul c).add b)) :=
      eq_symm (mul_add a (b.mul c) b)
    eq_trans ih collect

end Arithmetic.Natural
