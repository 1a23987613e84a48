module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Multiplication.ZeroMul
import Arithmetic.Multiplication.SuccMul

namespace Arithmetic.Natural

/-- Multiplication is commutative. -/
public theorem mul_comm (a b : Natural) :
    Eq (a.mul b) (b.mul a) :=
  match b with
  | zero => eq_symm (zero_mul a)
  | succ b =>
    have ih : Eq ((a.mul b).add a) ((b.mul a).add a) := congr_arg (add · a) (mul_comm a b)
    have back : Eq ((b.mul a).add a) (b.succ.mul a) := eq_symm (succ_mul b a)
    eq_trans ih back

end Arithmetic.Natural
