module
prelude

public import Arithmetic.Base.Counting

/-!
# The open proof

A statement waits for its proof with `sorry`. Lean writes into each `sorry` the place it stands at, as
a name; the types of names are here for that alone. The axiom `sorryAx` proves anything, which is why
nothing counts as proved while it is found underneath. It is the only axiom of this base that a
theorem could use.
-/

public section

universe u

-- Nothing is proved about these types.
set_option genCtorIdx false

/-- Numerals: how Lean writes the number `n` as a value of `α`. -/
class OfNat (α : Type u) (n : Nat) where
  /-- The value. -/
  ofNat : α

/-- A numeral is its own value. -/
instance instOfNatNat (n : Nat) : OfNat Nat n := ⟨n⟩

/-- A character, by its number. -/
inductive Char : Type where
  | ofNat (n : Nat) : Char

/-- Finite sequences. -/
inductive List (α : Type u) : Type u where
  | nil : List α
  | cons (head : α) (tail : List α) : List α

/-- A text: a sequence of characters. -/
inductive String : Type where
  | ofList (data : List Char) : String

/-- A name such as `Arithmetic.Natural.add_comm`. -/
inductive Lean.Name : Type where
  | anonymous : Lean.Name
  | str (pre : Lean.Name) (str : String) : Lean.Name
  | num (pre : Lean.Name) (i : Nat) : Lean.Name

/-- What `sorry` stands for. -/
axiom sorryAx (α : Sort u) (synthetic : Bool) : α
