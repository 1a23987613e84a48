module
prelude

public import Arithmetic.Order.Le
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.AddAssoc
import Arithmetic.Addition.EqZeroOfAddEqZero
import Arithmetic.Helpers.Shared

namespace Arithmetic.Natural

/-- Two numbers, each at most the other, are equal. -/
public theorem le_antisymm {a b : Natural} (h : a.le b) (k : b.le a) :
    Eq a b :=
  match h, k with
  | ⟨c, ac⟩, ⟨d, bd⟩ =>
    have loop : Eq ((a.add c).add d) a := eq_trans (congr_arg (add · d) ac) bd
    have total : Eq (c.add d) zero := eq_zero_of_add_eq_self (eq_trans (eq_symm (add_assoc a c d)) loop)
    have nothing : Eq c zero := (eq_zero_of_add_eq_zero total).left
    eq_trans (eq_symm (congr_arg a.add nothing)) ac

end Arithmetic.Natural
