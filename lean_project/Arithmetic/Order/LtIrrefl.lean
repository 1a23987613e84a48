module
prelude

public import Arithmetic.Order.Lt
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.SuccNeZero
import Arithmetic.Addition.SuccAdd
import Arithmetic.Helpers.Shared

namespace Arithmetic.Natural

/-- No number is less than itself. -/
public theorem lt_irrefl (a : Natural) :
    Not (a.lt a) :=
  fun ⟨c, h⟩ =>
    have loop : Eq (a.add c.succ) a := eq_trans (eq_symm (succ_add a c)) h
    succ_ne_zero c (eq_zero_of_add_eq_self loop)

end Arithmetic.Natural
