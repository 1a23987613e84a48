module
prelude

public import Arithmetic.Base.Connectives

/-!
# Pairs and boxes

Structural recursion keeps the values already computed in pairs; the principle that different
constructors make different values puts its goal in a box of a larger universe.
-/

public section

universe u v

set_option genCtorIdx false
-- They may live in any universe, `Prop` among them.
set_option bootstrap.inductiveCheckResultingUniverse false

/-- Pairs, of data or of proofs. -/
structure PProd (α : Sort u) (β : Sort v) where
  /-- The first of the two. -/
  fst : α
  /-- The second of the two. -/
  snd : β

/-- Pairs of data. Lean looks for it before it writes a type's recursion principle. -/
structure Prod (α : Type u) (β : Type v) where
  /-- The first of the two. -/
  fst : α
  /-- The second of the two. -/
  snd : β

/-- A type, put into a larger universe. -/
structure PULift.{r, s} (α : Sort s) : Sort (max s r 1) where
  /-- Into the box. -/
  up ::
  /-- Out of the box. -/
  down : α
