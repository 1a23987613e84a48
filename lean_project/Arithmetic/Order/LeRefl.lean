module
prelude

public import Arithmetic.Order.Le

namespace Arithmetic.Natural

/-- Every number is at most itself. -/
public theorem le_refl (a : Natural) :
    a.le a :=
  ⟨zero, rfl⟩

end Arithmetic.Natural
