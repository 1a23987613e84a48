module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- A proposition is stable when it follows from its double negation. -/
@[expose] public def Stable (P : Prop) : Prop :=
  Not (Not P) → P

end Arithmetic
