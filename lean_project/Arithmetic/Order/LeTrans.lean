module
prelude

public import Arithmetic.Order.Le
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Addition.AddAssoc

namespace Arithmetic.Natural

/-- If `a` is at most `b`, and `b` is at most `c`, then `a` is at most `c`. -/
public theorem le_trans {a b c : Natural} (h : a.le b) (k : b.le c) :
    a.le c :=
  match h, k with
  | ⟨d, ad⟩, ⟨e, be⟩ =>
    have whole : Eq ((a.add d).add e) c := eq_trans (congr_arg (add · e) ad) be
    ⟨d.add e, eq_trans (eq_symm (add_assoc a d e)) whole⟩

end Arithmetic.Natural
