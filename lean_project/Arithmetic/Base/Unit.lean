module
prelude

public import Arithmetic.Base.Compiler

/-!
# One point, and doing nothing

A `match` with a branch that binds no variable hands that branch the only value of `Unit`; structural
recursion begins from `PUnit`.
-/

public section

universe u v

-- These three types come before the numbers that Lean would use to index their constructors, and may
-- live in any universe, `Prop` among them.
set_option genCtorIdx false
set_option bootstrap.inductiveCheckResultingUniverse false

/-- The type with one value, in every universe. -/
inductive PUnit : Sort u where
  | unit : PUnit

/-- The type with one value, among the types of data. -/
@[expose] def Unit : Type := PUnit

/-- The value of `Unit`. -/
@[expose, match_pattern] def Unit.unit : Unit := PUnit.unit

/-- The function that gives back what it is given. -/
@[expose] def id {α : Sort u} (a : α) : α := a

/-- The function that gives back `a`, whatever it is given. Lean puts it around what it could not make
sense of, so that the rest of a proof can still be looked at. -/
@[expose] def Function.const {α : Sort u} (β : Sort v) (a : α) : β → α := fun _ => a
