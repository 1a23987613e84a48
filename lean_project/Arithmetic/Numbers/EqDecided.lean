module
prelude

public import Arithmetic.Logic.Decided
public import Arithmetic.Numbers.Natural
import Arithmetic.Logic.Contrapositive
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.NeSymm
import Arithmetic.Numbers.SuccInj
import Arithmetic.Numbers.SuccNeZero
import Arithmetic.Numbers.Induction

namespace Arithmetic.Natural

/-- Of two numbers it is always decided whether they are equal. -/
public theorem eq_decided (a b : Natural) :
    Decided (Eq a b) :=
  have base (b : Natural) : Decided (Eq zero b) :=
    match b with
    | zero => .inl rfl
    | succ b => .inr (ne_symm (succ_ne_zero b))
  have step (a : Natural) (ih : ∀ b : Natural, Decided (Eq a b)) (b : Natural) : Decided (Eq a.succ b) :=
    match b with
    | zero => .inr (succ_ne_zero a)
    | succ b =>
      match ih b with
      | .inl equal => .inl (congr_arg succ equal)
      | .inr distinct => .inr (contrapositive succ_inj distinct)
  induction (fun a => ∀ b : Natural, Decided (Eq a b)) base step a b

end Arithmetic.Natural
