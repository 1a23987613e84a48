module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- The two halves of a conjunction may change places. -/
public theorem and_comm {P Q : Prop} :
    Iff (And P Q) (And Q P) :=
  ⟨fun ⟨p, q⟩ => ⟨q, p⟩, fun ⟨q, p⟩ => ⟨p, q⟩⟩

end Arithmetic
