module
prelude

public import Arithmetic.Base.Messages

/-!
# The foundation

What every page of the book takes for granted: import this, and the rest of `Arithmetic.Base` with it.
-/
