module
prelude

public import Arithmetic.Logic.Decided
public import Arithmetic.Logic.Stable

namespace Arithmetic

/-- A decided proposition is stable. -/
public theorem stable_of_decided {P : Prop} (h : Decided P) :
    Stable P :=
  match h with
  | .inl p => fun _ => p
  | .inr notP => fun notNotP => (notNotP notP).elim

end Arithmetic
