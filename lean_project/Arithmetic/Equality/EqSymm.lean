module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

universe u

/-- An equation may be read from right to left. -/
public theorem eq_symm {α : Sort u} {a b : α} (h : Eq a b) :
    Eq b a :=
  match h with
  | rfl => rfl

end Arithmetic
