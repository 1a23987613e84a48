module
prelude

/-! The logic the checker's tests stand on: what Lean's elaborator looks for by name, and little more. -/

@[expose] public section

set_option genCtorIdx false
set_option bootstrap.inductiveCheckResultingUniverse false

universe u v w

unsafe axiom lcErased : Type
unsafe axiom lcAny : Type

def id {α : Sort u} (a : α) : α := a

inductive PUnit : Sort u where
  | unit : PUnit
abbrev Unit : Type := PUnit
@[match_pattern] abbrev Unit.unit : Unit := PUnit.unit

inductive True : Prop where
  | intro : True
inductive False : Prop
def Not (p : Prop) : Prop := p → False

inductive Bool : Type where
  | false : Bool
  | true : Bool

inductive Eq : {α : Sort u} → α → α → Prop where
  | refl {α : Sort u} (a : α) : Eq a a
inductive HEq : {α : Sort u} → α → {β : Sort u} → β → Prop where
  | refl {α : Sort u} (a : α) : HEq a a
@[match_pattern] def rfl {α : Sort u} {a : α} : Eq a a := Eq.refl a
abbrev Eq.ndrec.{u1, u2} {α : Sort u2} {a : α} {motive : α → Sort u1} (m : motive a) {b : α} (h : Eq a b) :
    motive b :=
  Eq.rec (motive := fun α _ => motive α) m h
theorem Eq.symm {α : Sort u} {a b : α} (h : Eq a b) : Eq b a :=
  Eq.ndrec (motive := fun x => Eq x a) rfl h
theorem congrArg {α : Sort u} {β : Sort v} (f : α → β) {a b : α} (h : Eq a b) : Eq (f a) (f b) :=
  Eq.ndrec (motive := fun x => Eq (f a) (f x)) (Eq.refl (f a)) h
theorem eq_of_heq {α : Sort u} {a a' : α} (h : HEq a a') : Eq a a' :=
  HEq.rec (motive := fun {β} b _ => (t : Eq α β) → Eq (Eq.rec (motive := fun γ _ => γ) a t) b)
    (fun _ => Eq.refl a) h (Eq.refl α)
theorem heq_of_eq {α : Sort u} {a a' : α} (h : Eq a a') : HEq a a' :=
  Eq.rec (motive := fun b _ => HEq a b) (HEq.refl a) h

structure And (a b : Prop) : Prop where
  intro ::
  left : a
  right : b
structure PProd (α : Sort u) (β : Sort v) where
  fst : α
  snd : β
structure Prod (α : Type u) (β : Type v) where
  fst : α
  snd : β

structure PULift.{r, s} (α : Sort s) : Sort (max s r 1) where
  up ::
  down : α

inductive Nat : Type where
  | zero : Nat
  | succ (n : Nat) : Nat
def cond {α : Sort u} (c : Bool) (x y : α) : α :=
  match c with
  | .true => x
  | .false => y
noncomputable def Nat.beq : Nat → Nat → Bool
  | .zero, .zero => .true
  | .zero, .succ _ => .false
  | .succ _, .zero => .false
  | .succ n, .succ m => Nat.beq n m
noncomputable def Nat.ble : Nat → Nat → Bool
  | .zero, _ => .true
  | .succ _, .zero => .false
  | .succ n, .succ m => Nat.ble n m
theorem Nat.beq_refl (n : Nat) : Bool.rec (motive := fun _ => Prop) False True (Nat.beq n n) :=
  match n with
  | .zero => .intro
  | .succ n => Nat.beq_refl n
theorem noConfusion_of_Nat {α : Sort u} (index : α → Nat) {a b : α} (h : Eq a b) :
    Bool.rec (motive := fun _ => Prop) False True (Nat.beq (index a) (index b)) :=
  h.rec (Nat.beq_refl (index a))
noncomputable def Nat.add : Nat → Nat → Nat
  | n, .zero => n
  | n, .succ m => .succ (Nat.add n m)

inductive List (α : Type u) : Type u where
  | nil : List α
  | cons (head : α) (tail : List α) : List α
structure String where
  size : Nat
inductive Lean.Name where
  | anonymous : Lean.Name
  | str (pre : Lean.Name) (s : String) : Lean.Name
  | num (pre : Lean.Name) (n : Nat) : Lean.Name
class OfNat (α : Type u) (_ : Nat) where
  ofNat : α
instance instOfNatNat (n : Nat) : OfNat Nat n where
  ofNat := n

inductive Nonempty (α : Sort u) : Prop where
  | intro (val : α) : Nonempty α

axiom sorryAx (α : Sort u) (synthetic : Bool) : α
axiom propext {a b : Prop} : (a → b) → (b → a) → Eq a b
axiom Classical.choice {α : Sort u} : Nonempty α → α
axiom Base.unlisted (p : Prop) : p
