module
prelude

public import Arithmetic.Order.Le
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- Of two numbers, one is at most the other. -/
public theorem le_total (a b : Natural) :
    Or (a.le b) (b.le a) :=
  have base (b : Natural) : Or (zero.le b) (b.le zero) :=
    .inl ⟨b, zero_add b⟩
  have step (a : Natural) (ih : ∀ b : Natural, Or (a.le b) (b.le a)) (b : Natural) :
      Or (a.succ.le b) (b.le a.succ) :=
    match b with
    | zero => .inr ⟨a.succ, zero_add a.succ⟩
    | succ b =>
      match ih b with
      | .inl ⟨c, h⟩ => .inl ⟨c, eq_trans (succ_add a c) (congr_arg succ h)⟩
      | .inr ⟨c, h⟩ => .inr ⟨c, eq_trans (succ_add b c) (congr_arg succ h)⟩
  induction (fun a => ∀ b : Natural, Or (a.le b) (b.le a)) base step a b

end Arithmetic.Natural
