module
prelude

public import Arithmetic.Base.Unit

/-!
# Equality

`Eq a b` says that `a` and `b` are the same; its one rule of proof is `rfl`. Everything the book needs
of it is proved in the chapter on equality. What stands here besides is what pattern matching writes
when it compares the two sides of an equation, also when their types are equal without being
literally the same (`HEq`).
-/

public section

universe u

set_option genCtorIdx false

/-- `Eq a b`: the two are the same. -/
inductive Eq {α : Sort u} : α → α → Prop where
  | refl (a : α) : Eq a a

-- A definition rather than a theorem, so that `rfl` may also be matched against.
set_option linter.defProp false in
/-- Everything is equal to itself. -/
@[expose, match_pattern] def rfl {α : Sort u} {a : α} : Eq a a := .refl a

/-- Data about `a` is data about everything equal to `a`. -/
@[expose] def Eq.ndrec.{r, s} {α : Sort s} {a : α} {motive : α → Sort r} (m : motive a) {b : α} (h : Eq a b) :
    motive b :=
  h.rec m

/-- An equation may be read from right to left. -/
theorem Eq.symm {α : Sort u} {a b : α} (h : Eq a b) : Eq b a :=
  h.rec rfl

/-- A value of a type is a value of every type equal to it. -/
@[expose] def cast {α β : Sort u} (h : Eq α β) (a : α) : β :=
  h.rec (motive := fun β _ => β) a

/-- `HEq a b`: the two are the same, and so are their types. -/
inductive HEq : {α : Sort u} → α → {β : Sort u} → β → Prop where
  | refl {α : Sort u} (a : α) : HEq a a

/-- Where the types are literally the same, `HEq` says no more than `Eq`. -/
theorem eq_of_heq {α : Sort u} {a b : α} (h : HEq a b) : Eq a b :=
  have moved (β : Sort u) (c : β) (h : HEq a c) : (e : Eq α β) → Eq (cast e a) c :=
    @HEq.rec α a (fun {β} c _ => (e : Eq α β) → Eq (cast e a) c) (fun _ => rfl) β c h
  moved α b h rfl

/-- What is equal is equal across types. -/
theorem heq_of_eq {α : Sort u} {a b : α} (h : Eq a b) : HEq a b :=
  h.rec (.refl a)
