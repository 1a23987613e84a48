module
prelude

public import Arithmetic.Order.Le
import Arithmetic.Helpers.Shared

namespace Arithmetic.Natural

/-- What is added on the left of both sides of an inequality may be left out. -/
public theorem le_of_add_le_add_left {a b c : Natural} (h : (c.add a).le (c.add b)) :
    a.le b :=
  match h with
  | ⟨d, whole⟩ => ⟨d, add_eq_of_add_add_eq_add whole⟩

end Arithmetic.Natural
