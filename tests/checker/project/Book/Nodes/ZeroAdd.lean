module
prelude
public import Book.Nodes.Add

namespace Book

public theorem zero_add (a : Num) : Eq (add .zero a) a :=
  sorry

end Book
