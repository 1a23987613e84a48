module
prelude

public import Arithmetic.Addition.Add
import Arithmetic.Equality.CongrArg

namespace Arithmetic.Natural

/-- Addition is associative. -/
public theorem add_assoc (a b c : Natural) :
    Eq ((a.add b).add c) (a.add (b.add c)) :=
  match c with
  | zero => rfl
  | succ c => congr_arg succ (add_assoc a b c)

end Arithmetic.Natural
