"""Names that Lean's kernel, compiler or elaborator treat specially, whatever a file says they are."""

from __future__ import annotations

from typing import Final

SPECIAL_NAMES: Final = frozenset(
    {
        "Nat", "Nat.zero", "Nat.succ", "Nat.add", "Nat.sub", "Nat.mul", "Nat.div", "Nat.mod", "Nat.gcd", "Nat.beq",
        "Nat.ble", "Nat.land", "Nat.lor", "Nat.xor", "Nat.shiftLeft", "Nat.shiftRight", "Nat.pow", "Nat.log2",
        "Nat.pred", "Nat.rec", "Nat.bitwise", "Nat.testBit", "Int", "Int.ofNat", "Int.negSucc",
        "Bool", "Bool.true", "Bool.false", "String", "String.mk", "String.ofList", "String.ofByteArray",
        "String.toByteArray", "ByteArray", "ByteArray.mk", "Char", "Char.mk", "Char.ofNat", "Char.ofNatAux",
        "List", "List.nil", "List.cons", "Array", "Array.mk", "Quot", "Quot.mk", "Quot.lift", "Quot.ind",
        "Quot.sound", "Eq", "Eq.refl", "Eq.rec", "Eq.ndrec", "HEq", "HEq.refl", "eq_of_heq", "heq_of_eq", "rfl",
        "id", "True", "True.intro", "False", "False.elim", "absurd", "Not", "And", "And.intro", "Or", "Or.inl",
        "Or.inr", "Iff", "Iff.intro", "Exists", "Exists.intro", "Ne", "PUnit", "PUnit.unit", "Unit", "Unit.unit",
        "PProd", "PProd.mk", "MProd", "Prod", "Prod.mk", "PULift", "ULift", "Fin", "Fin.mk", "UInt8", "UInt16",
        "UInt32", "UInt64", "USize", "Float", "OfNat", "OfNat.ofNat", "OfNat.mk", "Decidable", "Decidable.isTrue",
        "Decidable.isFalse", "Decidable.decide", "Nat.decEq", "Nonempty", "Nonempty.intro", "Classical.choice",
        "Classical.choose", "propext", "funext", "Subtype", "Subtype.mk", "Sort", "WellFounded", "WellFounded.fix",
        "Acc", "Acc.intro", "cond", "ite", "dite", "sorryAx", "lcErased", "lcAny", "lcProof", "lcUnreachable",
        "lcVoid", "noConfusion_of_Nat", "optParam", "autoParam", "outParam", "namedPattern", "inferInstance",
        "inferInstanceAs", "wfParam", "binderNameHint", "ofReduceBool", "ofReduceNat", "trustCompiler",
    }
)  # fmt: skip
"""Full names only the base may declare."""

SPECIAL_PREFIXES: Final = ("Lean.", "Classical.", "Quot.", "_private.Lean.")
"""Name spaces only the base may declare in."""


def is_special(name: str) -> bool:
    """Whether only the base may declare a name."""
    return name in SPECIAL_NAMES or name.startswith(SPECIAL_PREFIXES)
