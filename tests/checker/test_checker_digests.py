# ruff: noqa: E501, RUF001 - a table is read in long lines, and Greek letters are Lean
"""Two digests, told apart: what importers see, and what a statement says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from checker.build.environment import Environment
from tests.checker.desk import PROJECT

if TYPE_CHECKING:
    from checker import Builder

HEAD = "module\nprelude\npublic import Book.Nodes.Add\nnamespace Book\n"
THEOREM = HEAD + "public theorem t (a : Num) : Eq (add a .zero) a := {}\n"
OVER = "module\nprelude\npublic import X\nnamespace Book\npublic theorem o (a : Num) : Eq (d a) (d a) := rfl\n"
PROVED = "congrArg (fun x => x) rfl"
"""A proof that is not just `rfl`: those change the interface, since simplifiers treat such theorems as equations
by definition."""
DEFINITION = HEAD + "{}public noncomputable def d (a : Num) : Num := {}\n"


@dataclass(frozen=True)
class Seen:
    """What the digests of a small tree are."""

    interface: str
    meaning: str


def look(builder: Builder, name: str, **modules: str) -> Seen:
    build = builder.certify(PROJECT, list(modules), {module: text.encode() for module, text in modules.items()})
    assert build.ok, {module: each.errors for module, each in build.failures.items()}
    return Seen(build.certificates["X"].interface_digest, Environment(build).meaning(name))


# Each pair: a name, the declaration looked at, two sources, and whether interface and meaning stay the same.
PAIRS = [
    ("proof", "t", THEOREM.format("sorry"), THEOREM.format(PROVED), True, True),
    ("proof by rfl", "t", THEOREM.format("sorry"), THEOREM.format("rfl"), False, True),
    ("proof with a comment", "t", THEOREM.format(PROVED), "-- hello\n" + THEOREM.format(PROVED), True, True),
    (
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
    (
        "proof with another import",
        "t",
        THEOREM.format("sorry"),
        THEOREM.format(PROVED).replace("namespace", "import Book.Helpers.Shared\nnamespace", 1),
        True,
        True,
    ),
    ("documentation", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("public theorem", "/-- Doc. -/\npublic theorem"), True, True),
    (
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
    ("statement", "t", THEOREM.format("sorry"), THEOREM.format("sorry").replace(".zero) a", ".zero) .zero"), False, False),
    ("binder name", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(a :", "(b :").replace("add a", "add b").replace(") a :", ") b :"), False, False),
    ("binder kind", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("(a : Num)", "{a : Num}"), False, False),
    ("new public theorem", "t", THEOREM.format(PROVED), THEOREM.format(PROVED) + "public theorem u : True := .intro\n", False, True),
    ("new private theorem", "t", THEOREM.format(PROVED), THEOREM.format(PROVED) + "private theorem u : True := .intro\n", True, True),
    ("new public import", "t", THEOREM.format(PROVED), THEOREM.format(PROVED).replace("namespace", "public import Book.Helpers.Shared\nnamespace", 1), False, True),
    ("body of a definition", "d", DEFINITION.format("", "a"), DEFINITION.format("", "add a a"), True, False),
    ("body of an exposed definition", "d", DEFINITION.format("@[expose] ", "a"), DEFINITION.format("@[expose] ", "add a a"), False, False),
    ("name of a bound variable in a body", "d", DEFINITION.format("", "(fun x => x) a"), DEFINITION.format("", "(fun y => y) a"), True, False),
    (
        "constructor",
        "E",
        HEAD + "public inductive E | a | b\n",
        HEAD + "public inductive E | a | c\n",
        False,
        False,
    ),
    (
        "fields of a structure",
        "S",
        HEAD + "public structure S where\n  x : Num\n",
        HEAD + "public structure S where\n  x : Num\n  y : Num\n",
        False,
        False,
    ),
    (
        "literal",
        "d",
        HEAD + "public noncomputable def d : Nat := 2\n",
        HEAD + "public noncomputable def d : Nat := 3\n",
        True,
        False,
    ),
    (
        "big literal",
        "d",
        HEAD + "public noncomputable def d : Nat := 100000000000000000000000001\n",
        HEAD + "public noncomputable def d : Nat := 100000000000000000000000002\n",
        True,
        False,
    ),
    (
        "text",
        "d",
        HEAD + 'public noncomputable def d : String := "a"\n',
        HEAD + 'public noncomputable def d : String := "b"\n',
        True,
        False,
    ),
    (
        "universe",
        "d",
        HEAD + "universe u\npublic def d (α : Sort u) : Sort u := α\n",
        HEAD + "universe u\npublic def d (α : Type u) : Type u := α\n",
        False,
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before", "after", "interface", "meaning"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS]
)
def test_pair(builder: Builder, name: str, before: str, after: str, interface: bool, meaning: bool) -> None:
    first, second = (look(builder, f"Book.{name}", X=text) for text in (before, after))
    assert (first.interface == second.interface) is interface
    assert (first.meaning == second.meaning) is meaning


# The same, for a theorem stated with what another module defines.
BELOW = [
    ("body", DEFINITION.format("", "a"), DEFINITION.format("", "add a a"), False),
    ("proof", DEFINITION.format("", "a"), DEFINITION.format("", "a") + "public theorem u : True := .intro\n", True),
    ("documentation", DEFINITION.format("", "a"), DEFINITION.format("/-- Doc. -/ ", "a"), True),
    (
        "a definition two steps below",
        DEFINITION.format("public noncomputable def e (a : Num) : Num := a\n", "e a"),
        DEFINITION.format("public noncomputable def e (a : Num) : Num := add a a\n", "e a"),
        False,
    ),
    (
        "a proof two steps below",
        DEFINITION.format("theorem e : True := .intro\n", "(fun _ => a) e"),
        DEFINITION.format("theorem e : True := id .intro\n", "(fun _ => a) e"),
        True,
    ),
]


@pytest.mark.parametrize(("before", "after", "same"), [p[1:] for p in BELOW], ids=[p[0] for p in BELOW])
def test_meaning_follows_what_a_statement_is_made_of(builder: Builder, before: str, after: str, same: bool) -> None:
    first, second = (look(builder, "Book.o", X=text, Y=OVER) for text in (before, after))
    assert (first.meaning == second.meaning) is same


def test_meaning_knows_the_declaring_module(builder: Builder) -> None:
    """The same text, the definition coming from a module of another name."""
    text = DEFINITION.format("", "a")
    first = look(builder, "Book.o", X=text, Y=OVER)
    second = look(builder, "Book.o", X="module\nprelude\n", Z=text, Y=OVER.replace("import X", "import Z\nimport X"))
    assert first.meaning != second.meaning


def test_meaning_tells_equal_projections_of_different_structures_apart(builder: Builder) -> None:
    text = HEAD + "public structure {0} where\n  x : Num\npublic def d (s : {0}) : Num := s.x\n"
    assert look(builder, "Book.d", X=text.format("S")).meaning != look(builder, "Book.d", X=text.format("R")).meaning


def test_axioms_come_from_the_terms(builder: Builder) -> None:
    text = HEAD + (
        "private theorem a : True := sorry\nprivate theorem b : True := a\npublic theorem c : True := b\n"
        "public theorem e {p q : Prop} (f : p → q) (g : q → p) : Eq p q := propext f g\n"
    )
    build = builder.certify(PROJECT, ["X"], {"X": text.encode()})
    environment = Environment(build)
    assert environment.axioms("Book.c") == ("sorryAx",)
    assert environment.open_below("Book.c") == ("_private.X.0.Book.a",)
    assert environment.axioms("Book.e") == ("propext",)
    assert environment.axioms("Book.add") == ()
