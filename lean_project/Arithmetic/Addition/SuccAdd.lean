module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg

namespace Arithmetic.Natural

/-- A successor on the left may be moved out of a sum. -/
public theorem succ_add (a b : Natural) :
    Eq (a.succ.add b) (a.add b).succ :=
  match b with
  | zero => rfl
  | succ b => congr_arg succ (succ_add a b)

end Arithmetic.Natural
