module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

universe u

/-- What is true of `a` is true of everything equal to it. -/
public theorem eq_subst {α : Sort u} {a b : α} (P : α → Prop) (h : Eq a b) (p : P a) :
    P b :=
  match h with
  | rfl => p

end Arithmetic
