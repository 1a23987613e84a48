module
prelude

public import Arithmetic.Base.Foundation
import Arithmetic.Logic.Contrapositive
import Arithmetic.Logic.NotNotIntro

namespace Arithmetic

/-- Three negations say no more than one. -/
public theorem not_not_not {P : Prop} :
    Iff (Not (Not (Not P))) (Not P) :=
  ⟨contrapositive not_not_intro, not_not_intro⟩

end Arithmetic
