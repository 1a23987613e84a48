module
prelude

public import Arithmetic.Order.Le
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- Of two numbers, one is at most the other. -/
public theorem le_total (a b : Natural) :
    Or (a.le b) (b.le a) :=
  match a, b with
  | zero, b => .inl ⟨b, zero_add b⟩
  | a, zero => .inr ⟨a, zero_add a⟩
  | succ a, succ b =>
    match le_total a b with
    | .inl ⟨c, h⟩ => .inl ⟨c, eq_trans (succ_add a c) (congr_arg succ h)⟩
    | .inr ⟨c, h⟩ => .inr ⟨c, eq_trans (succ_add b c) (congr_arg succ h)⟩

end Arithmetic.Natural
