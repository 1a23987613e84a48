module
prelude

/-!
# What the compiler writes

Lean compiles definitions as well as checking them, and its intermediate code speaks of these
types. They are `unsafe`, so no theorem can mention them.
-/

public section

/-- The type of what has no run-time content: types and proofs. -/
unsafe axiom lcErased : Type

/-- The type of what is passed along and never looked at. -/
unsafe axiom lcVoid : Type

/-- The type of values whose type depends on a value the compiler does not know. -/
unsafe axiom lcAny : Type
