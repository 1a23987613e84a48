module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

universe u v

/-- A function takes equal values at equal arguments. -/
public theorem congr_arg {α : Sort u} {β : Sort v} (f : α → β) {a b : α} (h : Eq a b) :
    Eq (f a) (f b) :=
  match h with
  | rfl => rfl

end Arithmetic
