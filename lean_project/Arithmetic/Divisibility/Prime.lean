module
prelude

public import Arithmetic.Numbers.One
public import Arithmetic.Order.Lt
public import Arithmetic.Divisibility.Dvd

namespace Arithmetic.Natural

/-- A number greater than one is prime when only one and itself divide it. -/
@[expose] public def Prime (p : Natural) : Prop :=
  And (one.lt p) (∀ d : Natural, d.dvd p → Or (Eq d one) (Eq d p))

end Arithmetic.Natural
