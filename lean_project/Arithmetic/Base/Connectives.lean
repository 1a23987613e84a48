module
prelude

public import Arithmetic.Base.Equality

/-!
# The connectives

Each is given by what proves it, and by nothing else: no excluded middle, no axiom.
Implication and "for all" are not here, because they are Lean's function types.
-/

public section

universe u

set_option genCtorIdx false

/-- The proposition that needs no reason. -/
inductive True : Prop where
  | intro : True

/-- The proposition that nothing proves. -/
inductive False : Prop

/-- From a contradiction, whatever one likes. -/
@[expose] def False.elim {α : Sort u} (h : False) : α :=
  h.rec

/-- `Not P`: from `P` a contradiction follows. -/
@[expose] def Not (P : Prop) : Prop :=
  P → False

/-- `And P Q`: both. It is proved by the pair `⟨p, q⟩`. -/
structure And (P Q : Prop) : Prop where
  /-- From a proof of each, a proof of both. -/
  intro ::
  /-- The first of the two. -/
  left : P
  /-- The second of the two. -/
  right : Q

/-- `Or P Q`: one or the other, and a proof says which. -/
inductive Or (P Q : Prop) : Prop where
  /-- The first holds. -/
  | inl (h : P) : Or P Q
  /-- The second holds. -/
  | inr (h : Q) : Or P Q

/-- `Iff P Q`: each follows from the other. It is proved by the pair of the two implications. -/
structure Iff (P Q : Prop) : Prop where
  /-- From the two implications, the equivalence. -/
  intro ::
  /-- From left to right. -/
  mp : P → Q
  /-- From right to left. -/
  mpr : Q → P

/-- `Exists p`: there is an `a` with `p a`. It is proved by the pair of such an `a` and the proof. -/
inductive Exists {α : Sort u} (p : α → Prop) : Prop where
  /-- From a witness, and the proof that it is one. -/
  | intro (a : α) (h : p a) : Exists p
