module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg
import Arithmetic.Numbers.Induction

namespace Arithmetic.Natural

/-- Zero may be added on the left as well. -/
public theorem zero_add (n : Natural) :
    Eq (zero.add n) n :=
  induction (fun n => Eq (zero.add n) n) rfl (fun _ ih => congr_arg succ ih) n

end Arithmetic.Natural
