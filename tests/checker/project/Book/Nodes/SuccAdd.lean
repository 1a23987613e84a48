module
prelude
public import Book.Nodes.Add

namespace Book

public theorem succ_add (a b : Num) : Eq (add (.succ a) b) (.succ (add a b)) :=
  sorry

end Book
