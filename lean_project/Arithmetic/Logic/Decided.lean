module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- A proposition is decided when it, or its negation, has been proved. -/
@[expose] public def Decided (P : Prop) : Prop :=
  Or P (Not P)

end Arithmetic
