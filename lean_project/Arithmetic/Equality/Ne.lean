module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

universe u

/-- Two things are distinct when they cannot be equal. -/
@[expose] public def Ne {α : Sort u} (a b : α) : Prop :=
  Not (Eq a b)

end Arithmetic
