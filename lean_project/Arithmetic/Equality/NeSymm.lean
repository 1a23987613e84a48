module
prelude

public import Arithmetic.Equality.Ne
import Arithmetic.Logic.Contrapositive
import Arithmetic.Equality.EqSymm

namespace Arithmetic

universe u

/-- If `a` is distinct from `b`, then `b` is distinct from `a`. -/
public theorem ne_symm {α : Sort u} {a b : α} (h : Ne a b) :
    Ne b a :=
  contrapositive eq_symm h

end Arithmetic
