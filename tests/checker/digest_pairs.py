# ruff: noqa: E501, RUF001 - a table is read in long lines, and Greek letters are Lean
"""Pairs of sources of one module, and which of the two digests tells them apart."""

from __future__ import annotations

from typing import NamedTuple

HEAD = "module\nprelude\npublic import Book.Nodes.Add\nnamespace Book\n"
THEOREM = HEAD + "public theorem t (a : Num) : Eq (add a .zero) a := {}\n"
PROVED = "congrArg (fun x => x) rfl"
"""A proof that is not just `rfl`: those change the interface, since simplifiers treat such theorems as equations
by definition."""
DEFINITION = HEAD + "{}public noncomputable def d (a : Num) : Num := {}\n"
OVER = "module\nprelude\npublic import {}\nnamespace Book\npublic theorem o (a : Num) : Eq (d a) (d a) := rfl\n"
"""A theorem in another module, about a definition of the pair's."""


class Pair(NamedTuple):
    """Two sources of a module.

    Attributes:
        name: what is different.
        looked_at: the declaration whose meaning is compared; ``o`` is the one of `OVER`.
        before: the one source.
        after: the other.
        interface: whether the interface digest of the module is the same.
        meaning: whether the meaning digest of the declaration is the same.
    """

    name: str
    looked_at: str
    before: str
    after: str
    interface: bool
    meaning: bool


PAIRS = [
    Pair("proof", "t", THEOREM.format("sorry"), THEOREM.format(PROVED), True, True),
    Pair("proof by rfl", "t", THEOREM.format("sorry"), THEOREM.format("rfl"), False, True),
    Pair("proof with a comment", "t", THEOREM.format(PROVED), "-- hello\n" + THEOREM.format(PROVED), True, True),
    Pair(
        "proof with a documented private helper above",
        "t",
        THEOREM.format("sorry"),
        THEOREM.format("help a").replace(
            "public theorem t",
            "/-- Helps. -/\nprivate theorem help (a : Num) : Eq (add a .zero) a := rfl\npublic theorem t",
        ),
        True,
        True,
    ),
    Pair(
        "proof with another import",
        "t",
        THEOREM.format("sorry"),
        THEOREM.format(PROVED).replace("namespace", "import Book.Helpers.Shared\nnamespace", 1),
        True,
        True,
    ),
    Pair("documentation", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("public theorem", "/-- Doc. -/\npublic theorem"), True, True),
    Pair(
        "two private lemmas above, with matches",
        "t",
        THEOREM.format("sorry"),
        THEOREM.format(PROVED).replace(
            "public theorem t",
            "private theorem h (a : Num) : Eq a a := match a with | .zero => rfl | .succ _ => rfl\n"
            "private theorem k (p q : Prop) : (p → q) → p → q := fun f x => f x\npublic theorem t",
        ),
        True,
        True,
    ),
    Pair("statement", "t", THEOREM.format("sorry"), THEOREM.format("sorry").replace(".zero) a", ".zero) .zero"), False, False),
    Pair("binder name", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(a :", "(b :").replace("add a", "add b").replace(") a :", ") b :"), False, False),
    Pair("binder kind", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(a : Num)", "{a : Num}"), False, False),
    Pair("new public theorem", "t", THEOREM.format(PROVED), THEOREM.format(PROVED) + "public theorem u : True := .intro\n", False, True),
    Pair("new private theorem", "t", THEOREM.format(PROVED), THEOREM.format(PROVED) + "private theorem u : True := .intro\n", True, True),
    Pair("new public import", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("namespace", "public import Book.Helpers.Shared\nnamespace", 1), False, True),
    Pair("body of a definition", "d", DEFINITION.format("", "a"), DEFINITION.format("", "add a a"), True, False),
    Pair("body of an exposed definition", "d", DEFINITION.format("@[expose] ", "a"), DEFINITION.format("@[expose] ", "add a a"), False, False),
    Pair("name of a bound variable in a body", "d", DEFINITION.format("", "(fun x => x) a"), DEFINITION.format("", "(fun y => y) a"), True, False),
    Pair(
        "constructor",
        "E",
        HEAD + "public inductive E | a | b\n",
        HEAD + "public inductive E | a | c\n",
        False,
        False,
    ),
    Pair(
        "fields of a structure",
        "S",
        HEAD + "public structure S where\n  x : Num\n",
        HEAD + "public structure S where\n  x : Num\n  y : Num\n",
        False,
        False,
    ),
    Pair(
        "literal",
        "d",
        HEAD + "public noncomputable def d : Nat := 2\n",
        HEAD + "public noncomputable def d : Nat := 3\n",
        True,
        False,
    ),
    Pair(
        "big literal",
        "d",
        HEAD + "public noncomputable def d : Nat := 100000000000000000000000001\n",
        HEAD + "public noncomputable def d : Nat := 100000000000000000000000002\n",
        True,
        False,
    ),
    Pair(
        "text",
        "d",
        HEAD + 'public noncomputable def d : String := "a"\n',
        HEAD + 'public noncomputable def d : String := "b"\n',
        True,
        False,
    ),
    Pair(
        "universe",
        "d",
        HEAD + "universe u\npublic def d (α : Sort u) : Sort u := α\n",
        HEAD + "universe u\npublic def d (α : Type u) : Type u := α\n",
        False,
        False,
    ),
    Pair("nothing", "t", THEOREM.format(PROVED), THEOREM.format(PROVED), True, True),
    Pair("blank lines and spaces", "t", THEOREM.format(PROVED), THEOREM.format("\n\n  " + PROVED).replace("(a : Num)", "( a  :  Num )"), True, True),
    Pair("comment in a statement", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace(": Eq", ": /- is -/ Eq"), True, True),
    Pair("full name without a namespace", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("namespace", "open").replace("theorem t", "theorem Book.t"), True, True),
    Pair("binders as variables", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("public theorem t (a : Num)", "variable (a : Num)\npublic theorem t"), True, True),
    Pair("statement as an arrow", "t", THEOREM.format("sorry"), THEOREM.format("sorry").replace("t (a : Num) :", "t : (a : Num) →"), True, True),
    Pair("parentheses", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(add a .zero) a", "((add (a) (Num.zero))) (a)"), True, True),
    Pair("sides of an equation", "t", THEOREM.format("sorry"), THEOREM.format("sorry").replace("(add a .zero) a", "a (add a .zero)"), False, False),
    Pair("an hypothesis more", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(a : Num)", "(a : Num) (_ : True)"), False, False),
    Pair("strict implicit binder", "t", THEOREM.format("sorry"), THEOREM.format("sorry").replace("(a : Num)", "⦃a : Num⦄"), False, False),
    Pair("theorem made private", "t", THEOREM.format(PROVED) + "public theorem u : True := .intro\n", THEOREM.format(PROVED) + "theorem u : True := .intro\n", False, True),
    Pair("theorem renamed beside it", "t", THEOREM.format(PROVED) + "public theorem u : True := .intro\n", THEOREM.format(PROVED) + "public theorem v : True := .intro\n", False, True),
    Pair("theorem made an axiom", "t", THEOREM.format("sorry"), HEAD + "public axiom t (a : Num) : Eq (add a .zero) a\n", False, False),
    Pair("attribute of the elaborator", "d", DEFINITION.format("@[expose] ", "a"), DEFINITION.format("@[expose, reducible] ", "a"), False, True),
    Pair("protected name", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("public theorem", "public protected theorem"), False, True),
    Pair("section around it", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("public theorem", "public section\ntheorem") + "end\n", True, True),
    Pair("definition made opaque", "d", DEFINITION.format("", "a"), HEAD + "public noncomputable opaque d (a : Num) : Num := a\n", False, False),
    Pair("definition made a theorem", "d", HEAD + "public noncomputable def d : True := .intro\n", HEAD + "public theorem d : True := .intro\n", False, False),
    Pair("definition exposed", "d", DEFINITION.format("", "a"), DEFINITION.format("@[expose] ", "a"), False, True),
    Pair("definition compiled", "d", DEFINITION.format("", "a"), DEFINITION.format("", "a").replace("noncomputable ", ""), False, True),
    Pair("definition marked unsafe", "d", DEFINITION.format("", "a"), DEFINITION.format("", "a").replace("noncomputable def", "noncomputable unsafe def"), False, False),
    Pair("an argument more", "d", DEFINITION.format("", "a"), DEFINITION.format("", "a").replace("(a : Num)", "(a _ : Num)"), False, False),
    Pair("body of a private definition that is used", "d", DEFINITION.format("noncomputable def e (a : Num) : Num := a\n", "e a"), DEFINITION.format("noncomputable def e (a : Num) : Num := add a a\n", "e a"), True, False),
    Pair("body of a private definition that is not used", "d", DEFINITION.format("noncomputable def e (a : Num) : Num := a\n", "a"), DEFINITION.format("noncomputable def e (a : Num) : Num := add a a\n", "a"), True, True),
    Pair("private definition written out", "d", DEFINITION.format("noncomputable def e (a : Num) : Num := a\n", "e a"), DEFINITION.format("noncomputable def e (a : Num) : Num := a\n", "a"), True, False),
    Pair("kind of structure", "S", HEAD + "public structure S where\n  x : Num\n", HEAD + "public class S where\n  x : Num\n", False, True),
    Pair("order of fields", "S", HEAD + "public structure S where\n  x : Num\n  y : Num\n", HEAD + "public structure S where\n  y : Num\n  x : Num\n", False, False),
    Pair("order of constructors", "E", HEAD + "public inductive E | a | b\n", HEAD + "public inductive E | b | a\n", False, False),
    Pair("type of a constructor", "E", HEAD + "public inductive E | a | b (x : Num)\n", HEAD + "public inductive E | a | b (x : E)\n", False, False),
    Pair("parameter made an index", "E", HEAD + "public inductive E (n : Num) : Prop | a : E n\n", HEAD + "public inductive E : (n : Num) → Prop | a : E .zero\n", False, False),
    Pair("name of a universe", "d", HEAD + "public def d (α : Sort u) : Sort u := α\n", HEAD + "public def d (α : Sort v) : Sort v := α\n", False, False),
    Pair("projected field", "d", HEAD + "public structure S where\n  x : Num\n  y : Num\npublic def d (s : S) : Num := s.x\n", HEAD + "public structure S where\n  x : Num\n  y : Num\npublic def d (s : S) : Num := s.y\n", False, False),
    Pair("local definition in a body", "d", DEFINITION.format("", "add a a"), DEFINITION.format("", "let b := a; add b b"), True, False),
    # Seen from a theorem in another module, which is stated with the definition.
    Pair("below: body", "o", DEFINITION.format("", "a"), DEFINITION.format("", "add a a"), True, False),
    Pair("below: another theorem", "o", DEFINITION.format("", "a"), DEFINITION.format("", "a") + "public theorem u : True := .intro\n", False, True),
    Pair("below: documentation", "o", DEFINITION.format("", "a"), DEFINITION.format("/-- Doc. -/ ", "a"), True, True),
    Pair("below: binder name", "o", DEFINITION.format("", "a"), DEFINITION.format("", "b").replace("(a :", "(b :"), False, False),
    Pair(
        "below: a definition two steps down",
        "o",
        DEFINITION.format("public noncomputable def e (a : Num) : Num := a\n", "e a"),
        DEFINITION.format("public noncomputable def e (a : Num) : Num := add a a\n", "e a"),
        True,
        False,
    ),
    Pair(
        "below: a proof two steps down",
        "o",
        DEFINITION.format("theorem e : True := .intro\n", "(fun _ => a) e"),
        DEFINITION.format("theorem e : True := id .intro\n", "(fun _ => a) e"),
        True,
        True,
    ),
]  # fmt: skip
