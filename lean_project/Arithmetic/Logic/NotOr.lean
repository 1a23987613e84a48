module
prelude

public import Arithmetic.Base.Foundation
import Arithmetic.Logic.Contrapositive

namespace Arithmetic

/-- To refute a disjunction is to refute both of its halves (one of De Morgan's laws). -/
public theorem not_or {P Q : Prop} :
    Iff (Not (Or P Q)) (And (Not P) (Not Q)) :=
  ⟨fun neither => ⟨contrapositive .inl neither, contrapositive .inr neither⟩,
    fun ⟨notP, notQ⟩ either =>
      match either with
      | .inl p => notP p
      | .inr q => notQ q⟩

end Arithmetic
