"""Laws of the merge, on made-up files and made-up edits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from checker.source.lexer import LexicalError
from checker.source.merge import LARGEST, merge_sources
from checker.source.merge_layout import Marks
from checker.source.merge_pieces import pieces_of
from tests.checker.merge_cases import Case, read_cases

CASES = read_cases()
SAMPLE = b"""-- copyright
module
public import A
-- why
import B -- b

/-! Intro -/

namespace N
open Foo

/-- First. -/
theorem a : True := by
  trivial

-- free

-- of b
def b : Nat := 1 -- behind b
theorem p : P := x
theorem q : P := y

section
variable (x : Nat)
mutual
def c : Nat \xe2\x86\x92 Nat | 0 => 0 | n + 1 => d n
def d : Nat \xe2\x86\x92 Nat | 0 => 0 | n + 1 => c n
end
theorem e : x = x := rfl
end

structure S where
  y : Nat
instance : Inhabited S := \xe2\x9f\xa8\xe2\x9f\xa80\xe2\x9f\xa9\xe2\x9f\xa9
attribute [simp] a
end N

#check N.a
"""


@dataclass(frozen=True)
class Lemma:
    """A lemma of a made-up file; what it is called is in the list it stands in."""

    name: str
    proof: str = "sorry"
    documentation: str = ""
    attribute: str = ""
    lead: str = "\n\n"

    def __str__(self) -> str:
        return f"{self.lead}{self.documentation}{self.attribute}theorem {self.name} : P := {self.proof}"


Row = tuple[Lemma | str, ...]
"""A file: lemmas, and between them what opens and closes scopes."""


def text_of(row: Row) -> bytes:
    return ("import A" + "".join(each if isinstance(each, str) else str(each) for each in row) + "\n").encode()


@dataclass(frozen=True)
class Edit:
    """What is done to the lemma of a name."""

    name: str
    kind: str

    def apply(self, row: Row) -> Row:
        found: list[Lemma | str] = []
        for each in row:
            if isinstance(each, str) or each.name != self.name:
                found.append(each)
            elif self.kind == "prove":
                found.append(replace(each, proof="by\n  exact h"))
            elif self.kind == "document":
                found.append(replace(each, documentation=f"/-- Of {each.name}. -/\n"))
            elif self.kind == "comment":
                found.append(replace(each, documentation=f"-- of {each.name}\n", lead="\n\n"))
            elif self.kind == "tag":
                found.append(replace(each, attribute="@[simp] "))
            elif self.kind == "follow":
                found += [each, Lemma(f"{each.name}_after", "rfl"), Lemma(f"{each.name}_later", "rfl", "-- later\n")]
        return tuple(found)


@st.composite
def files(draw: st.DrawFn) -> Row:
    """Lemmas in nested scopes, some of them close together."""
    row: list[Lemma | str] = []
    depth = 0
    for number in range(draw(st.integers(3, 14))):
        what = draw(st.sampled_from(["lemma"] * 6 + ["namespace", "section", "end", "note", "variable"]))
        if what in ("namespace", "section"):
            row.append(f"\n\n{what} S{number}")
            depth += 1
        elif what == "end" and depth:
            row.append("\n\nend")
            depth -= 1
        elif what == "note":
            row.append(f"\n\n-- note {number}")
        elif what == "variable":
            row.append(f"\n\nvariable (x{number} : T)")
        lead = draw(st.sampled_from(["\n\n", "\n"])) if row and isinstance(row[-1], Lemma) else "\n\n"
        row.append(Lemma(f"l{number}", lead=lead))
    return closed(row)


def closed(row: list[Lemma | str]) -> Row:
    """Give every ``end`` its name, and close what is open."""
    names: list[str] = []
    found: list[Lemma | str] = []
    for each in row:
        if isinstance(each, str) and each.split()[0] in ("namespace", "section"):
            names.append(each.split()[1])
        found.append(f"\n\nend {names.pop()}" if each == "\n\nend" else each)
    return (*found, *(f"\n\nend {name}" for name in reversed(names)))


KINDS = st.sampled_from(["prove", "document", "comment", "tag", "follow", "remove"])


@st.composite
def edited_files(draw: st.DrawFn) -> tuple[Row, list[Edit], list[Edit]]:
    """A file, and edits of two sides, each of other lemmas."""
    row = draw(files())
    ours: list[Edit] = []
    theirs: list[Edit] = []
    for each, following in zip(row, (*row[1:], ""), strict=True):
        side = draw(st.integers(0, 2)) if isinstance(each, Lemma) else 0
        if isinstance(each, Lemma) and side:
            kind = draw(KINDS)
            leads = each.lead == "\n\n" and isinstance(following, Lemma) and following.lead == "\n"
            # without it the next one would touch what stands above, and a comment there would become its own
            (ours if side == 1 else theirs).append(Edit(each.name, "prove" if leads and kind == "remove" else kind))
    return row, ours, theirs


def applied(row: Row, edits: list[Edit]) -> Row:
    for edit in edits:
        row = edit.apply(row)
    return row


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(edited_files())
def test_edits_that_do_not_overlap_are_applied_both(drawn: tuple[Row, list[Edit], list[Edit]]) -> None:
    row, ours, theirs = drawn
    wanted = text_of(applied(applied(row, ours), theirs))
    assert wanted == text_of(applied(applied(row, theirs), ours))
    first = merge_sources(text_of(row), text_of(applied(row, ours)), text_of(applied(row, theirs)))
    second = merge_sources(text_of(row), text_of(applied(row, theirs)), text_of(applied(row, ours)))
    assert first.clean
    assert first.data.decode() == wanted.decode()
    assert second == first


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_side_that_changed_nothing_yields_whatever_the_other_is(base: bytes, other: bytes) -> None:
    for three in ((base, other, base), (base, base, other), (base, other, other)):
        merge = merge_sources(*three)
        assert merge.data == other
        assert merge.clean


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_laws_of_one_side_hold_in_the_corpus(case: Case) -> None:
    for side in (case.ours, case.theirs):
        assert merge_sources(case.base, side, case.base).data == side
        assert merge_sources(case.base, case.base, side).data == side
        assert merge_sources(case.base, side, side).data == side


LINES = st.sampled_from([
    b"\ntheorem u : P := 1\n\n", b"theorem u : P := 2\n", b"theorem v : P := 1\n", b"-- note\n", b"\n-- free\n\n",
    b"\nvariable (k : T)\n", b"\nsection\n\n", b"\nend\n", b"open Bar\n", b"namespace Q\n", b"end Q\n", b"end N\n",
    b"import C\n", b"/- ", b" -/", b"mutual\n", b"(", b"\xff", b"\r\n", b"#exit\n",
])  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """The sample, with lines lost, moved and put in."""
    lines = SAMPLE.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["lose", "move", "put", "put"]))
        if what == "put":
            lines.insert(at, draw(LINES))
        else:
            line = lines.pop(at)
            if what == "move":
                lines.insert(draw(st.integers(0, len(lines))), line)
    return b"".join(lines)


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(mangled(), mangled())
def test_whatever_two_sides_are_a_merge_is_whole_or_says_why_not(ours: bytes, theirs: bytes) -> None:
    assume(ours != theirs)
    try:
        merge = merge_sources(SAMPLE, ours, theirs)
    except LexicalError:
        return
    if merge.clean and SAMPLE not in (ours, theirs):
        names = [set(pieces_of(each.decode()).named) for each in (SAMPLE, ours, theirs, merge.data)]
        base, mine, other, made = names
        assert made == (mine | other) - (base - mine) - (base - other)
    elif not merge.clean:
        assert all(each.reason for each in merge.conflicts)
        assert b"<<<<<<< ours\n" in merge.data.replace(b"\r\n", b"\n")


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_random_bytes_are_merged_or_refused(base: bytes, ours: bytes, theirs: bytes) -> None:
    try:
        merge = merge_sources(base, ours, theirs)
    except LexicalError:
        return
    assert merge.clean == (not merge.conflicts)
    assert all(each.reason for each in merge.conflicts)


def test_a_file_that_is_too_large_is_left_to_lines() -> None:
    with pytest.raises(LexicalError, match="larger than 1 MB"):
        merge_sources(b"", b"-- " + b"x" * LARGEST, b"-- y")


def test_conflict_marks_are_as_long_and_named_as_asked() -> None:
    marks = Marks(9, "HEAD", "3f2a", "topic")
    merge = merge_sources(b"def a := 0\n", b"def a := 1\n", b"def a := 2\n", marks)
    assert merge.data == (
        b"<<<<<<<<< HEAD\ndef a := 1\n||||||||| 3f2a\ndef a := 0\n=========\ndef a := 2\n>>>>>>>>> topic\n"
    )
    assert [(each.name, each.line) for each in merge.conflicts] == [("a", 1)]


def test_marks_stand_around_the_declaration_in_conflict_and_no_other() -> None:
    merge = merge_sources(
        b"def a := 0\ndef b := 0\ndef c := 0\n",
        b"def a := 1\ndef b := 1\ndef c := 0\n",
        b"def a := 0\ndef b := 2\ndef c := 3\n",
    )
    assert merge.data == (
        b"def a := 1\n<<<<<<< ours\ndef b := 1\n||||||| base\ndef b := 0\n=======\ndef b := 2\n>>>>>>> theirs\n"
        b"def c := 3\n"
    )


def test_a_file_with_mixed_line_ends_keeps_each_of_them() -> None:
    merge = merge_sources(
        b"def a := 0\r\n\ndef b := 0\n", b"def a := 1\r\n\ndef b := 0\n", b"def a := 0\r\n\ndef b := 2\n"
    )
    assert (merge.data, merge.clean) == (b"def a := 1\r\n\ndef b := 2\n", True)


def test_imports_are_joined_where_init_is_imported_without_a_word() -> None:
    head = b"module\nimport A\n"
    merge = merge_sources(head, head + b"import B -- ours\n", head + b"-- theirs\nimport C\n")
    assert (merge.data, merge.clean) == (b"module\nimport A\nimport B -- ours\n-- theirs\nimport C\n", True)


def test_a_name_that_an_alias_keeps_can_still_be_used() -> None:
    base = b"theorem a : P := x\n\ntheorem m : P := x\n\ntheorem z : P := x\n"
    ours = base.replace(b"theorem a : P := x\n", b"theorem b : P := x\n\nalias a := b\n")
    theirs = base.replace(b"theorem z : P := x", b"theorem z : P := a")
    assert merge_sources(base, ours, theirs).data == ours.replace(b"theorem z : P := x", b"theorem z : P := a")
    without = merge_sources(base, ours.replace(b"alias a := b\n", b""), theirs)
    assert [each.reason for each in without.conflicts] == ["the other side removes or renames a, which it mentions"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("theorem z : P := new", False),
        ("theorem z : P := foo.new", True),
        ("theorem z : P := N.new h", False),
        ("theorem z : P := x.new", True),
        ("theorem z : P := (x).new", True),
        ("theorem z (new : Q) : P := new", True),
        ("theorem z {new other : Q} : P := other new", True),
        ("theorem z : P := fun new => new", True),
        ("theorem z : ∀ x, new x", False),
        ("theorem z : P := by\n  intro h\n  exact new h", False),
        ("theorem z : P := by\n  intro new\n  exact new", True),
        ("theorem z : P := by\n  have new : Q := x\n  exact new", True),
        ("theorem z : P := by\n  obtain ⟨new, h⟩ := x\n  exact new", True),
        ("theorem z : P := f (new := 3)", True),
        ("theorem new.x : P := y", True),
        ("theorem z : P := x -- new", True),
        ("/-- new -/\ntheorem z : P := x", True),
    ],
)
def test_what_a_new_name_would_be_taken_for_is_a_conflict(text: str, clean: bool) -> None:
    head, tail = b"namespace N\n\ntheorem a : P := x\n\n", b"\nend N\n"
    merge = merge_sources(head + tail, head + b"theorem new : P := y\n" + tail, head + text.encode() + b"\n" + tail)
    assert merge.clean is clean, merge.conflicts
