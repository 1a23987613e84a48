"""The gate on a file that people wrote before there was a campaign, with a node in its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker.build.environment import Environment
from checker.gate.change import Change
from checker.gate.gate import judge
from checker.gate.inherited import kept_lines
from tests.checker.desk import LAYOUT

if TYPE_CHECKING:
    from checker import Judgement
    from tests.checker.desk import Desk

BIG = "Book/Big.lean"
TOOL = "theorem tool {p : Prop} (h : p) : p := h\n"
THEIRS = """set_option genCtorIdx false
attribute [reducible] Pair
axiom assumed (p : Prop) : p
theorem by_assumption (p : Prop) : p := assumed p
theorem later (p : Prop) (h : p) : p := sorry
"""
NODE = "theorem node {p q : Prop} (h : And p q) : And q p := "
HEAD = "prelude\nimport Book.Base.Logic\n\nnamespace Book.Big\n\ndef Pair (p q : Prop) : Prop := And p q\n"


def big(proof: str, tool: str = TOOL, theirs: str = THEIRS, more: str = "", head: str = HEAD) -> str:
    return f"{head}{tool}{theirs}{more}{NODE}{proof}\n\nend Book.Big\n"


def judged(desk: Desk, after: str, **more: str) -> Judgement:
    """Judges a proof of the node in the big file."""
    desk.write_both({BIG: big("sorry")})
    meaning = Environment(desk.certify(desk.base)).meaning("Book.Big.node")
    desk.write({BIG: after, **more})
    change = Change(desk.base, desk.head, "proof", "Book.Big.node", "Book.Big", lock=meaning)
    return judge(change, LAYOUT, desk.policy, desk.builder)


def test_a_proof_among_what_people_wrote_answers_for_itself_only(desk: Desk) -> None:
    judgement = judged(desk, big("⟨h.right, h.left⟩"))
    assert (judgement.accepted, judgement.reasons) == (True, ())


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (big("⟨h.right, h.left⟩", tool=""), "locked-changed"),
        (
            big(
                "⟨h.right, h.left⟩", tool=TOOL.replace("(h : p) : p", "(h : p) : And p p").replace(":= h", ":= ⟨h, h⟩")
            ),
            "locked-changed",
        ),
        (big("⟨h.right, h.left⟩", tool=TOOL.replace(":= h", ":= sorry")), "sorry"),
        (big("later _ ⟨h.right, h.left⟩"), "sorry"),
        (big("assumed _"), "axiom-not-allowed"),
        (big("⟨h.right, h.left⟩", more="axiom mine (p : Prop) : p\n"), "syntax-not-allowed"),
        (big("⟨h.right, h.left⟩", more="attribute [reducible] Pair\n"), "syntax-not-allowed"),
        (big("⟨h.right, h.left⟩", theirs=THEIRS.replace("[reducible]", "[irreducible]")), "syntax-not-allowed"),
    ],
)
def test_what_else_it_changes_is_refused(desk: Desk, after: str, code: str) -> None:
    judgement = judged(desk, after)
    assert not judgement.accepted
    assert code in {reason.code for reason in judgement.reasons}


def test_a_file_may_do_without_module_where_it_imports_one_that_does(desk: Desk) -> None:
    new = "prelude\nimport Book.{}\n\ntheorem Book.new (p : Prop) : p := sorry\n"
    desk.write_both({BIG: big("sorry")})
    for imported, accepted in (("Big", True), ("Nodes.Num", False)):
        desk.write({"Book/New.lean": new.format(imported)})
        change = Change(desk.base, desk.head, "statement", "Book.new", "Book.New")
        assert judge(change, LAYOUT, desk.policy, desk.builder).accepted is accepted


def test_lines_are_kept_only_where_nothing_on_them_changed() -> None:
    before = "axiom a : True\naxiom b : True\n"
    assert kept_lines(before, before) == {1, 2}
    assert kept_lines(before, "axiom a : True theorem x : True := a\naxiom b : True\n") == {2}
    assert kept_lines(before, f"{before}axiom b : True\n") == {1, 2}
    assert kept_lines(before, "axiom a : True (\n") == frozenset()
