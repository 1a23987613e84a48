module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg
import Arithmetic.Numbers.Induction

namespace Arithmetic.Natural

/-- Addition is associative. -/
public theorem add_assoc (a b c : Natural) :
    Eq ((a.add b).add c) (a.add (b.add c)) :=
  induction (fun c => Eq ((a.add b).add c) (a.add (b.add c))) rfl (fun _ ih => congr_arg succ ih) c

end Arithmetic.Natural
