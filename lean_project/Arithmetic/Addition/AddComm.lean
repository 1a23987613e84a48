module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- Addition is commutative. -/
public theorem add_comm (a b : Natural) :
    Eq (a.add b) (b.add a) :=
  match b with
  | zero => eq_symm (zero_add a)
  | succ b =>
    have ih : Eq (a.add b).succ (b.add a).succ := congr_arg succ (add_comm a b)
    have out : Eq (b.add a).succ (b.succ.add a) := eq_symm (succ_add b a)
    eq_trans ih out

end Arithmetic.Natural
