module
prelude

public import Arithmetic.Base.Pairs

/-!
# Counting constructors

Lean tells the constructors of a type apart by giving each a number, and its kernel computes with
those numbers by itself. This `Nat` is that machinery and no more: the numbers of the book are
`Arithmetic.Natural`, and nothing is ever proved of them by the kernel's arithmetic.
-/

public section

universe u

set_option genCtorIdx false

/-- Truth values that can be computed with. -/
inductive Bool : Type where
  /-- No. -/
  | false : Bool
  /-- Yes. -/
  | true : Bool

/-- The first value if `c` is true, the second if it is false. -/
@[expose] def cond {α : Sort u} (c : Bool) (x y : α) : α :=
  match c with
  | .true => x
  | .false => y

/-- Lean's own numbers. -/
inductive Nat : Type where
  /-- Nought. -/
  | zero : Nat
  /-- One more. -/
  | succ (n : Nat) : Nat

/-- Whether the two are the same. -/
@[expose] noncomputable def Nat.beq : Nat → Nat → Bool
  | .zero, .zero => .true
  | .zero, .succ _ => .false
  | .succ _, .zero => .false
  | .succ n, .succ m => Nat.beq n m

/-- Whether the first is at most the second. -/
@[expose] noncomputable def Nat.ble : Nat → Nat → Bool
  | .zero, _ => .true
  | .succ _, .zero => .false
  | .succ n, .succ m => Nat.ble n m

/-- Every number is the same as itself; stated in the form that `noConfusion_of_Nat` needs. -/
theorem Nat.beq_refl (n : Nat) : Bool.rec (motive := fun _ => Prop) False True (Nat.beq n n) :=
  match n with
  | .zero => .intro
  | .succ n => Nat.beq_refl n

/-- Equal values were made by the same constructor: what `nomatch` rests on. -/
theorem noConfusion_of_Nat {α : Sort u} (index : α → Nat) {a b : α} (h : Eq a b) :
    Bool.rec (motive := fun _ => Prop) False True (Nat.beq (index a) (index b)) :=
  h.rec (Nat.beq_refl (index a))
