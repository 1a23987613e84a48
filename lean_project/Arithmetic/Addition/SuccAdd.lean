module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg
import Arithmetic.Numbers.Induction

namespace Arithmetic.Natural

/-- A successor on the left may be moved out of a sum. -/
public theorem succ_add (a b : Natural) :
    Eq (a.succ.add b) (a.add b).succ :=
  induction (fun b => Eq (a.succ.add b) (a.add b).succ) rfl (fun _ ih => congr_arg succ ih) b

end Arithmetic.Natural
