module
prelude

public import Arithmetic.Logic.Decided
public import Arithmetic.Numbers.Natural
import Arithmetic.Logic.Contrapositive
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.NeSymm
import Arithmetic.Numbers.SuccInj
import Arithmetic.Numbers.SuccNeZero

namespace Arithmetic.Natural

/-- Of two numbers it is always decided whether they are equal. -/
public theorem eq_decided (a b : Natural) :
    Decided (Eq a b) :=
  match a, b with
  | zero, zero => .inl rfl
  | zero, succ b => .inr (ne_symm (succ_ne_zero b))
  | succ a, zero => .inr (succ_ne_zero a)
  | succ a, succ b =>
    match eq_decided a b with
    | .inl equal => .inl (congr_arg succ equal)
    | .inr distinct => .inr (contrapositive succ_inj distinct)

end Arithmetic.Natural
