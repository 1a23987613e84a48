module
prelude

public import Arithmetic.Divisibility.Dvd
import Arithmetic.Equality.CongrArg
import Arithmetic.Equality.EqSymm
import Arithmetic.Equality.EqTrans
import Arithmetic.Multiplication.MulAssoc

namespace Arithmetic.Natural

/-- A divisor of a divisor is a divisor. -/
public theorem dvd_trans {a b c : Natural} (h : a.dvd b) (k : b.dvd c) :
    a.dvd c :=
  match h, k with
  | ⟨d, ad⟩, ⟨e, be⟩ =>
    have whole : Eq ((a.mul d).mul e) c := eq_trans (congr_arg (mul · e) ad) be
    ⟨d.mul e, eq_trans (eq_symm (mul_assoc a d e)) whole⟩

end Arithmetic.Natural
