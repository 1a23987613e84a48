module
prelude

public import Arithmetic.Multiplication.Mul
import Arithmetic.Addition.EqZeroOfAddEqZero

namespace Arithmetic.Natural

/-- A product is zero only if one of its factors is. -/
public theorem mul_eq_zero {a b : Natural} (h : Eq (a.mul b) zero) :
    Or (Eq a zero) (Eq b zero) :=
  match b with
  | zero => .inr rfl
  | succ _ => .inl (eq_zero_of_add_eq_zero h).right

end Arithmetic.Natural
