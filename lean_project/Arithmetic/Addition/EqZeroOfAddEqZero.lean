module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Numbers.SuccNeZero

namespace Arithmetic.Natural

/-- If a sum is zero, so are both of its parts. -/
public theorem eq_zero_of_add_eq_zero {a b : Natural} (h : Eq (a.add b) zero) :
    And (Eq a zero) (Eq b zero) :=
  match b with
  | zero => ⟨h, rfl⟩
  | succ b => (succ_ne_zero (a.add b) h).elim

end Arithmetic.Natural
