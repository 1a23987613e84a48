module
prelude
public import Book.Base.Logic

namespace Book

/-- The numbers. -/
public inductive Num : Type where
  | zero : Num
  | succ (n : Num) : Num

end Book
