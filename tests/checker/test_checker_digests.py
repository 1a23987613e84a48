"""Two digests, told apart: what importers see, and what a statement says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import Build
from checker.build.environment import Environment
from tests.checker.desk import PROJECT
from tests.checker.digest_pairs import DEFINITION, HEAD, OVER, PAIRS, Pair

if TYPE_CHECKING:
    from checker import Builder


class Side:
    """One source of every pair, all compiled at once: each pair has a module of its own name."""

    def __init__(self, builder: Builder, sources: list[str]) -> None:
        modules = {f"Pair{at}": text for at, text in enumerate(sources)}
        modules |= {f"Over{at}": OVER.format(f"Pair{at}") for at, pair in enumerate(PAIRS) if pair.looked_at == "o"}
        self._build = certify(builder, **modules)

    def interface(self, at: int) -> str:
        """The interface digest of a pair's module."""
        return self._build.certificates[f"Pair{at}"].interface_digest

    def meaning(self, at: int) -> str:
        """The meaning digest of what a pair looks at, where no other pair is."""
        own = (f"Pair{at}", f"Over{at}")
        built = {
            module: each
            for module, each in self._build.built.items()
            if module in own or not module.startswith(("Pair", "Over"))
        }
        return Environment(Build(built, ())).meaning(f"Book.{PAIRS[at].looked_at}")


@pytest.fixture(scope="module")
def before(builder: Builder) -> Side:
    return Side(builder, [pair.before for pair in PAIRS])


@pytest.fixture(scope="module")
def after(builder: Builder) -> Side:
    return Side(builder, [pair.after for pair in PAIRS])


def certify(builder: Builder, **modules: str) -> Build:
    build = builder.certify(PROJECT, list(modules), {module: text.encode() for module, text in modules.items()})
    assert build.ok, {module: each.errors for module, each in build.failures.items()}
    return build


def meaning(builder: Builder, name: str, **modules: str) -> str:
    return Environment(certify(builder, **modules)).meaning(name)


@pytest.mark.parametrize(("at", "pair"), list(enumerate(PAIRS)), ids=[pair.name for pair in PAIRS])
def test_interface_and_meaning_change_when_they_should_and_only_then(
    at: int, pair: Pair, before: Side, after: Side
) -> None:
    assert (before.interface(at) == after.interface(at)) is pair.interface
    assert (before.meaning(at) == after.meaning(at)) is pair.meaning


def test_the_table_has_all_four_cases() -> None:
    assert len({(pair.interface, pair.meaning) for pair in PAIRS}) == 4
    assert len({pair.name for pair in PAIRS}) == len(PAIRS) >= 60


def test_meaning_knows_the_declaring_module(builder: Builder) -> None:
    """The same text, the definition coming from a module of another name."""
    text, over = DEFINITION.format("", "a"), OVER.format("X")
    first = meaning(builder, "Book.o", X=text, Y=over)
    second = meaning(builder, "Book.o", X="module\nprelude\n", Z=text, Y=over.replace("import X", "import Z\nimport X"))
    assert first != second


def test_meaning_tells_equal_projections_of_different_structures_apart(builder: Builder) -> None:
    text = HEAD + "public structure {0} where\n  x : Num\npublic def d (s : {0}) : Num := s.x\n"
    assert meaning(builder, "Book.d", X=text.format("S")) != meaning(builder, "Book.d", X=text.format("R"))


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
