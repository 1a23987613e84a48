# ruff: noqa: RUF001 - Greek letters are Lean
"""Lean files cut into commands: nothing lost, nothing guessed."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.source.lexer import Kind, LexicalError, all_tokens, tokens
from checker.source.outline import Outline, outline_of

BOOK = Path(__file__).parents[2] / "lean_project"

SAMPLE = """-- copyright
module
public import A.B -- why
import all C

/-! # Title: def theorem -/

universe u v
open Foo Bar hiding baz
variable {α : Type u} (x : α)

namespace A.«strange name».B
section
/-- A number. -/
-- kept with it
@[simp, expose] public protected noncomputable def _root_.top.f (n : Nat := 3) : Nat :=
  let y := r#"a " def"# ; '"'.toNat + s!"{"theorem x"} def".length -- same line
  -- deeper

-- free comment

set_option maxRecDepth 100 in
open Foo in
/-- Doc. -/
theorem t' (h : |a| ≤ b) : let z := 1; z = 1 := by
  open Foo in
  set_option pp.all true in
  simp [example.foo, def', a.end, (h).instance]
private lemma l.{w} : ∀ n : Nat, n = n
  | 0 => rfl
  | n + 1 => by simp
termination_by n => n
decreasing_by simp
instance : Inhabited Nat where
  default := 0
@[instance] def deriv := inferInstance
instance (priority := low) named [Foo α] : Bar α := ⟨1⟩
example : True := trivial
structure S (α : Type) extends T α where
  make ::
  /-- field -/
  private x : Nat
  @[simp] y : Nat := 2
  deriving Repr, BEq
deriving instance DecidableEq for S
public inductive I : Type
  /-- zero -/
  | zero
  | protected succ (n : I) : I
  deriving Repr
class inductive K | mk₀ | «odd name»
mutual
  def even : Nat → Bool | 0 => true | n + 1 => odd n
  /-- Odd. -/
  def odd : Nat → Bool | 0 => false | n + 1 => even n
end
#guard_msgs (info) in
#check 1
attribute [local simp] foo in
theorem u : True := by unsafe exact trivial
macro "def" x:term : command => `(def $x := 1)
def w := g where
  /-- helper -/
  @[inline] g : Nat := 1
end
end A.«strange name».B
noncomputable section Named
def ε.δ' : Nat := 1
@[expose] public section
theorem last : a ∣ b ∨ c || d := e"""


def outlined(source: str) -> Outline | None:
    """The outline, or none where it was refused with a place that exists."""
    line = 1
    try:
        return outline_of(source)
    except LexicalError as refusal:
        line = refusal.line
    assert 1 <= line <= source.count("\n") + 1
    return None


def joined(outline: Outline) -> str:
    return "".join(span.of(outline.text) for span in outline.spans())


def test_every_command_is_found_with_its_names() -> None:
    outline = outline_of(SAMPLE)
    space = "A.«strange name».B."
    assert [(each.keyword, each.names) for each in outline.commands] == [
        ("/-!", ()),
        ("universe", ()),
        ("open", ()),
        ("variable", ()),
        ("namespace", ()),
        ("section", ()),
        ("def", ("top.f",)),
        ("theorem", (space + "t'",)),
        ("lemma", (space + "l",)),
        ("instance", ()),
        ("def", (space + "deriv",)),
        ("instance", (space + "named",)),
        ("example", ()),
        ("structure", (space + "S", space + "S.make")),
        ("deriving instance", ()),
        ("inductive", (space + "I", space + "I.zero", space + "I.succ")),
        ("class inductive", (space + "K", space + "K.mk₀", space + "K.«odd name»")),
        ("mutual", (space + "even", space + "odd")),
        ("#check", ()),
        ("theorem", (space + "u",)),
        ("macro", ()),
        ("def", (space + "w",)),
        ("end", ()),
        ("end", ()),
        ("section", ()),
        ("def", ("ε.δ'",)),
        ("section", ()),
        ("theorem", ("last",)),
    ]
    assert joined(outline) == SAMPLE
    assert outline.header.end == SAMPLE.index("all C") + 5


def test_a_declaration_knows_its_parts() -> None:
    found = {each.names[0]: each for each in outline_of(SAMPLE).declarations() if each.names}
    top = found["top.f"]
    assert top.span.of(SAMPLE).startswith("/-- A number. -/\n-- kept with it\n@[simp")
    assert top.span.of(SAMPLE).endswith("-- same line\n  -- deeper")
    assert top.modifiers == ("public", "protected", "noncomputable")
    assert [each.of(SAMPLE) for each in top.attributes] == ["@[simp, expose]"]
    assert [each.of(SAMPLE) for each in top.documentation] == ["/-- A number. -/"]
    assert (top.line, SAMPLE.split("\n")[top.line - 1][:7]) == (16, "@[simp,")
    assert top.body is not None
    assert top.body.signature.of(SAMPLE) == "_root_.top.f (n : Nat := 3) : Nat"
    prime = found["A.«strange name».B.t'"]
    assert [each.of(SAMPLE) for each in prime.prefixes] == ["set_option maxRecDepth 100 in", "open Foo in"]
    assert prime.namespace == "A.«strange name».B"
    assert prime.body is not None
    assert prime.body.signature.of(SAMPLE) == "t' (h : |a| ≤ b) : let z := 1; z = 1"
    assert prime.body.value is not None
    assert prime.body.value.of(SAMPLE).startswith(":= by\n  open Foo in")
    lemma = found["A.«strange name».B.l"].body
    assert lemma is not None
    assert lemma.value is not None
    assert lemma.value.of(SAMPLE) == "| 0 => rfl\n  | n + 1 => by simp"
    assert lemma.rest is not None
    assert lemma.rest.of(SAMPLE) == "termination_by n => n\ndecreasing_by simp"
    last = found["last"].body
    assert last is not None
    assert last.signature.of(SAMPLE) == "last : a ∣ b ∨ c || d"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("theorem t : True :=\n  f\nfoo x", 3),
        ("unknown_command x", 1),
        ("namespace A\nend B", 2),
        ("section\nend A", 2),
        ("end", 1),
        ("def x := (1", 1),
        ("def x := 1)\n", 1),
        ("\ndef x := [1)\n", 2),
        ("mutual\ndef x := 1", 1),
        ("mutual\nnamespace A\nend A\nend", 2),
        ("def := 1", 1),
        ("open A in\n", 1),
        ("open A in\nfoo", 2),
        ("/-- Doc. -/", 1),
        ("/- open", 1),
        ('def x := s!"{"', 1),
        ("def x := 'open", 1),
        ("theorem t : match x with | 0 => True | _ => True := h", 1),
        ("import\n", 1),
        ("def x := a <-- b", 1),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_its_line(source: str, line: int) -> None:
    with pytest.raises(LexicalError) as refusal:
        outline_of(source)
    assert refusal.value.line == line


def test_line_ends_and_a_missing_last_one_are_kept() -> None:
    for text in (SAMPLE.replace("\n", "\r\n"), SAMPLE + "\n", SAMPLE + "\n\n-- end\n"):
        outline = outline_of(text)
        assert joined(outline) == text
        assert [each.names for each in outline.commands] == [each.names for each in outline_of(SAMPLE).commands]


def test_the_book_comes_back_character_by_character() -> None:
    files = [each for each in BOOK.rglob("*.lean") if ".lake" not in each.parts and each.name != "lakefile.lean"]
    assert len(files) > 50
    for file in files:
        text = file.read_bytes().decode()
        assert joined(outline_of(text)) == text, file


def test_absolute_values_are_no_equations() -> None:
    source = "theorem t : a < b → |a| < c\n  | h => x\ntheorem u : |a - b| = 0 := y"
    bodies = [each.body for each in outline_of(source).commands]
    assert [body.value.of(source) for body in bodies if body is not None and body.value is not None] == [
        "| h => x",
        ":= y",
    ]


def test_scoped_commands_may_name_their_namespace() -> None:
    source = 'theorem t : P := x\nscoped[Foo] notation "x" => y\nlocal infixl:65 " + " => f'
    assert [each.keyword for each in outline_of(source).commands] == ["theorem", "notation", "infixl"]


@pytest.mark.parametrize(
    "source",
    [
        "def x := 1\n" + "/-- a -/ private " * 20000,
        "def x := y\n" + "  open A in\n" * 5000 + "  z",
        "def x := " + 's!"{' * 5000,
        "def x := y" + " open a" * 20000,
        "(" * 50000 + ")" * 50000,
    ],
    ids=["documentation", "open", "interpolation", "commands", "brackets"],
)
def test_hostile_texts_take_linear_time(source: str) -> None:
    begun = time.process_time()
    outline = outlined(source)
    assert outline is None or joined(outline) == source
    assert time.process_time() - begun < 10


PIECES = st.sampled_from(
    [
        "/-- Doc. -/\n@[simp] theorem a : True := trivial\n", "def f : Nat → Nat\n  | 0 => 1\n  | n => n\n", "\n",
        "-- def x := 1\n", "/- theorem /- nested -/ -/\n", "open Nat in\nexample : 1 = 1 := by\n  simp\n  -- so\n",
        "namespace A.B\n", "end A.B\n", "section\n", "end\n", "mutual\ndef p := 1\ndef q := 2\nend\n", "\r\n",
        'def s := "open \\" def" ++ s!"{f "}"}"\n', "instance : X where\n  y := 1\n", "#eval 1\n", "/-! text -/\n",
        "inductive α | b | c deriving Repr\n", "variable (x : Nat)\n", "private def «a b» := 1 -- last",
    ]
)  # fmt: skip
SOURCES = st.lists(PIECES, max_size=12).map("".join)


@given(SOURCES)
def test_the_spans_join_to_the_file(source: str) -> None:
    outline = outlined(source)
    if outline is None:
        return
    assert joined(outline) == source
    for left, right in pairwise(outline.spans()):
        assert left.end == right.start
        assert right.line in (left.last_line, left.last_line + 1)
    for command in outline.commands:
        assert command.span.start <= command.code.start <= command.code.end <= command.span.end
        assert command.span.line == source.count("\n", 0, command.span.start) + 1
    held = "\n".join(each.span.of(source) for each in outline.commands)
    assert sum(t.kind is not Kind.COMMENT for t in all_tokens(held)) == sum(
        t.kind is not Kind.COMMENT for t in all_tokens(source)
    )


@given(st.data())
def test_a_mutilated_file_is_refused_or_kept_whole(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SAMPLE)))
    width = data.draw(st.integers(0, 30))
    put = data.draw(st.sampled_from(["", "(", "-/", '"', "def ", "end", "\n", "in ", "»", "open X in ", "é", "'"]))
    source = SAMPLE[:at] + put + SAMPLE[at + width :]
    outline = outlined(source)
    if outline is None:
        return
    assert joined(outline) == source


@given(SOURCES)
def test_the_gate_sees_the_same_words(source: str) -> None:
    """Where the strict reader accepts a text of plain letters, both cut it alike."""
    try:
        strict = tokens(source.replace("α", "a"))
    except LexicalError:
        return
    assert [each for each in all_tokens(source.replace("α", "a")) if each.kind is not Kind.COMMENT] == strict
