module
prelude

public import Arithmetic.Base.Sorry

/-!
# Readable messages

Where something is used as a function, or as a type, that is none, Lean looks for a way to read it as
one before it complains. There are no such ways in this book; without these two classes the complaint
would be about their absence.
-/

public section

universe u v

/-- Marks what a search for an instance may find out for itself. -/
@[expose] def outParam (α : Sort u) : Sort u := α

/-- Ways to read a value as a function. -/
class CoeFun (α : Sort u) (γ : outParam (α → Sort v)) where
  /-- The function. -/
  coe : (f : α) → γ f

/-- Ways to read a value as a type. -/
class CoeSort (α : Sort u) (β : outParam (Sort v)) where
  /-- The type. -/
  coe : α → β
