module
prelude
public import Book.Nodes.Num

namespace Book

/-- The sum. -/
@[expose] public noncomputable def add (a b : Num) : Num :=
  match b with
  | .zero => a
  | .succ b => .succ (add a b)

end Book
