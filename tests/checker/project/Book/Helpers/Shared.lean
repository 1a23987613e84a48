module
prelude
public import Book.Nodes.Num

namespace Book

public theorem congr_succ {a b : Num} (h : Eq a b) : Eq (Num.succ a) (Num.succ b) :=
  congrArg Num.succ h

end Book
