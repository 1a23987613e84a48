module
prelude

public import Arithmetic.Base.Foundation

namespace Arithmetic

/-- The natural numbers: zero, and the successor of every natural number. -/
public inductive Natural : Type where
  /-- The number `0`. -/
  | zero : Natural
  /-- The number after `n`. -/
  | succ (n : Natural) : Natural

end Arithmetic
