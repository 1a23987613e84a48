module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Multiplication.ZeroMul
import Arithmetic.Multiplication.SuccMul

namespace Arithmetic.Natural

/-- Multiplication is commutative. -/
public theorem mul_comm (a b : Natural) :
    Eq (a.mul b) (b.mul a) :=
  have step (b : Natural) (ih : Eq (a.mul b) (b.mul a)) : Eq (a.mul b.succ) (b.succ.mul a) :=
    eq_trans (congr_arg (add · a) ih) (eq_symm (succ_mul b a))
  induction (fun b => Eq (a.mul b) (b.mul a)) (eq_symm (zero_mul a)) step b

end Arithmetic.Natural
