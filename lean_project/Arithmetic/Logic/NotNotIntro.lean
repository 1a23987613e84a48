module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- What holds cannot be refuted. -/
public theorem not_not_intro {P : Prop} (p : P) :
    Not (Not P) :=
  fun notP => notP p

end Arithmetic
