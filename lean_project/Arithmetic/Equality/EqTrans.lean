module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

universe u

/-- Two equations with a side in common make a third. -/
public theorem eq_trans {α : Sort u} {a b c : α} (h : Eq a b) (k : Eq b c) :
    Eq a c :=
  match h, k with
  | rfl, rfl => rfl

end Arithmetic
