module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Numbers.Induction
import Arithmetic.Addition.ZeroAdd
import Arithmetic.Addition.SuccAdd

namespace Arithmetic.Natural

/-- Addition is commutative. -/
public theorem add_comm (a b : Natural) :
    Eq (a.add b) (b.add a) :=
  have step (b : Natural) (ih : Eq (a.add b) (b.add a)) : Eq (a.add b.succ) (b.succ.add a) :=
    eq_trans (congr_arg succ ih) (eq_symm (succ_add b a))
  induction (fun b => Eq (a.add b) (b.add a)) (eq_symm (zero_add a)) step b

end Arithmetic.Natural
