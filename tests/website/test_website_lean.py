"""Lean is cut into tokens and parts without losing a character, and nothing in it becomes HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.source.outline import outline_of
from website.lean_tokens import tokens_of
from website.lean_view import Part, coloured_lines, view_of

SUCC_INJ = """\
module
prelude
public import Arithmetic.Base

namespace Arithmetic

/-- A helper. -/
private def pred (n : N) : N := n

/-- The successor is injective. -/
@[simp]
public theorem succ_inj {m n : N} (h : N.succ m = N.succ n := by rfl) :
    m = n :=
  congrArg pred h

end Arithmetic
"""

PIECES = [*"ab\n \t\"'/-|:=()[]{}@«».⟨⟩λ₁0x\\<&>", "theorem ", "end ", "/-", "-/", ":=", "sorry", "\n  "]
LEAN_LIKE = st.lists(st.sampled_from(PIECES), max_size=80).map("".join)


class _Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def parts_of(source: str, declaration: str) -> tuple[Part, ...]:
    return view_of(source, declaration).parts


def copied(parts: tuple[Part, ...]) -> str:
    return "".join(part.lead + _Text(part.code).text + part.trail for part in parts)


@given(LEAN_LIKE | st.text(max_size=80))
@settings(deadline=None)
def test_tokens_join_to_the_source(source: str) -> None:
    found = list(tokens_of(source))
    assert "".join(token.text for token in found) == source
    assert all(source[token.start :].startswith(token.text) for token in found)


@given(LEAN_LIKE)
@settings(deadline=None)
def test_parts_join_to_the_source_and_hold_only_spans(source: str) -> None:
    parts = parts_of(source, "A.ab")
    assert copied(parts) == (source if source.strip() else "")
    assert all(set(_Text(part.code).tags) <= {"span"} for part in parts)


@given(LEAN_LIKE)
@settings(deadline=None)
def test_lines_stay_lines(source: str) -> None:
    assert [_Text(line).text for line in coloured_lines(tokens_of(source))] == source.split("\n")


def test_a_theorem_is_cut_before_its_proof() -> None:
    before, statement, proof = parts_of(SUCC_INJ, "Arithmetic.succ_inj")
    assert [part.role for part in (before, statement, proof)] == ["before", "statement", "proof"]
    text = _Text(statement.code).text
    assert text.startswith("/-- The successor")
    assert text.endswith("m = n :=")
    assert "private def pred" in _Text(before.code).text
    assert _Text(proof.code).text == "  congrArg pred h"
    assert copied((before, statement, proof)) == SUCC_INJ


def test_what_follows_is_shown_when_it_is_more_than_closing_words() -> None:
    parts = parts_of("theorem a : b := c\n\ntheorem d : e := f\n", "a")
    assert [part.role for part in parts] == ["statement", "proof", "after"]


def test_a_definition_shows_its_body() -> None:
    (part,) = parts_of("def A.two : N := succ one\n", "A.two")
    assert part.role == "statement"
    assert "succ one" in part.code


def test_an_indented_declaration_of_a_mutual_block_is_shown_alone() -> None:
    source = "namespace A\nmutual\n  -- first\n  @[simp] theorem b : c := d\n  theorem e : f := g\nend\nend A\n"
    before, statement, proof, after = parts_of(source, "A.b")
    assert _Text(statement.code).text == "-- first\n  @[simp] theorem b : c :="
    assert _Text(proof.code).text == "d"
    assert "mutual" in before.code
    assert "theorem" in after.code
    assert copied((before, statement, proof, after)) == source


def test_what_stands_above_a_declaration_and_is_another_is_not_shown_with_it() -> None:
    source = "open A in\n/-- Doc. -/\ntheorem b : c :=\n  d -- why\n\nattribute [simp] b\n"
    statement, proof, after = parts_of(source, "b")
    assert _Text(statement.code).text.startswith("open A in\n/-- Doc. -/")
    assert _Text(proof.code).text == "  d -- why"
    assert "attribute" in after.code


@pytest.mark.parametrize(
    ("source", "proof"),
    [
        ("theorem a : b\n  | zero => x\n  | succ n => y\n", "| zero => x\n  | succ n => y"),
        ("theorem a (f : N → N) : {x | x = f x} := by\n  sorry\n", "by\n  sorry"),
        ("theorem a : b where\n  c := d\n", "where\n  c := d"),
        ("lemma a : b -- := no\n  := c", "c"),
    ],
)
def test_proofs_in_other_shapes(source: str, proof: str) -> None:
    statement, found = parts_of(source, "a")
    assert _Text(found.code).text == proof
    assert statement.role == "statement"
    assert found.has_sorry == ("sorry" in proof)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("-- theorem a : b := c\n", "a is not declared in this file."),
        ("theorem A.a : b := c\n", "a is not declared in this file."),
        ("theorem a : b := c\ntheorem a : b := c\n", "a is declared more than once, on lines 1, 2."),
        ("theorem a : (b := c\n", "on line 1 it cannot be cut"),
        ("theorem a : b := c\nend D\n", "on line 2 it cannot be cut"),
        ("theorem a : b := c\n/- never closed", "on line 2 it cannot be cut"),
    ],
)
def test_a_module_that_cannot_be_cut_is_shown_whole_and_says_why(source: str, why: str) -> None:
    view = view_of(source, "a")
    (part,) = view.parts
    assert (part.role, copied(view.parts)) == ("statement", source)
    assert view.note.startswith("The whole file is shown: ")
    assert why in view.note
    assert view_of(SUCC_INJ, "Arithmetic.succ_inj").note == ""


def test_a_name_counts_in_full() -> None:
    source = "theorem comm : x := y\n\nnamespace A\ntheorem add.comm : x := z\nend A\n"
    assert "z" in parts_of(source, "A.add.comm")[-1].code


def test_every_module_of_the_demo_book_is_cut_around_its_declaration() -> None:
    for path in sorted((Path(__file__).parents[2] / "lean_project/Arithmetic").rglob("*.lean")):
        source = path.read_text(encoding="utf-8")
        for command in outline_of(source).declarations():
            for name in command.names[:1]:
                view = view_of(source, name)
                assert not view.note
                assert copied(view.parts) == source


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/- a /- b -/ c -/", "comment"),
        ("/-- a -/", "doc"),
        ("/- never closed", "comment"),
        ('"a \\" -- b"', "string"),
        ("'\\n'", "string"),
        ("@[simp, inline]", "attribute"),
        ("x'", "name"),
        ("«a b».c₁", "name"),
        ("Type", "sort"),
        ("sorry", "sorry"),
        ("sorry'", "name"),
        ("0x1F", "number"),
        ("theorem", "command"),
        ("fun", "keyword"),
        ("←", "symbol"),
    ],
)
def test_kinds(source: str, kind: str) -> None:
    (token,) = tokens_of(source)
    assert (token.kind, token.text) == (kind, source)


def test_hostile_and_long_sources_are_read_in_linear_time() -> None:
    for piece in ("@[", "«", "/-", '"', "end ", " ", "theorem a "):
        assert copied(parts_of(piece * 20_000, "a")).strip() == (piece * 20_000).strip()


def test_the_first_line_of_a_proof_keeps_its_indentation() -> None:
    source = "module\n\npublic theorem t : A :=\n  have h := x\n  f h\n"
    proof = next(part for part in parts_of(source, "t") if part.role == "proof")
    assert re.sub(r"<[^>]*>", "", proof.code).startswith("  have h")
