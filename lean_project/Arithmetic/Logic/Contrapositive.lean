module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- If `P` implies `Q`, then whatever refutes `Q` refutes `P`. -/
public theorem contrapositive {P Q : Prop} (h : P → Q) :
    Not Q → Not P :=
  fun notQ p => notQ (h p)

end Arithmetic
