"""Edits of Lean files: one declaration changes, nothing else does, and Lean agrees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import SurgeryRefused, UnknownDeclaration
from checker.source.changes import Changes, changes_between
from checker.source.lexer import LexicalError
from checker.source.outline import outline_of
from checker.source.surgery import (
    find_declaration,
    insert_after,
    insert_at_end,
    insert_before,
    remove_declaration,
    replace_proof,
)
from tests.checker.desk import PROJECT, PROOF

if TYPE_CHECKING:
    from checker import Builder

BOOK = Path(__file__).parents[2] / "lean_project"

SAMPLE = """import A

namespace N
open Foo

/-- First. -/
theorem a : True := by
  trivial

-- free

-- of b
def b : Nat := 1 -- behind b

section
variable (x : Nat)
mutual
def c : Nat → Nat | 0 => 0 | n + 1 => d n
def d : Nat → Nat | 0 => 0 | n + 1 => c n
end
theorem e : x = x := rfl
termination_by x
end

structure S where
  y : Nat
  deriving Repr
instance : Inhabited S := ⟨⟨0⟩⟩
end N
"""


def changed(old: str, new: str) -> Changes:
    assert old in SAMPLE
    return changes_between(outline_of(SAMPLE), outline_of(SAMPLE.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("  trivial", "  exact trivial", Changes(reproved=("N.a",))),
        ("x = x", "x + 0 = x", Changes(restated=("N.e",))),
        ("termination_by x", "termination_by x + 1", Changes(reproved=("N.e",))),
        ("Nat := 1", "Nat := 2", Changes(redefined=("N.b",))),
        ("y : Nat", "y : Int", Changes(restated=("N.S",))),
        ("deriving Repr", "deriving BEq", Changes(restated=("N.S",))),
        ("First.", "The first.", Changes(respelled=("N.a",))),
        ("behind b", "after b", Changes(respelled=("N.b",))),
        ("-- free", "-- still free", Changes()),
        ("import A", "import B", Changes(header=True)),
        ("theorem e", "private theorem e", Changes(restated=("N.e",))),
        ("⟨⟨0⟩⟩", "⟨⟨1⟩⟩", Changes(redefined=("instance : Inhabited S",))),
        ("variable (x : Nat", "variable (x : Int", Changes(resettled=("N.c", "N.d", "N.e"), scopes=True)),
        ("end N\n", "#check a\nend N\n", Changes(others=True)),
        ("structure S", "def z := 1\nstructure S", Changes(added=("N.z",))),
        ("theorem a", "theorem a'", Changes(added=("N.a'",), removed=("N.a",))),
    ],
)
def test_changes_are_told_apart(old: str, new: str, changes: Changes) -> None:
    assert changed(old, new) == changes


def test_a_moved_declaration_is_named_and_the_others_are_not() -> None:
    moved = "def b : Nat := 1 -- behind b\n"
    text = SAMPLE.replace("-- of b\n" + moved, "").replace("end N", "-- of b\n" + moved + "end N")
    assert changes_between(outline_of(SAMPLE), outline_of(text)) == Changes(moved=("N.b",))


def test_declarations_are_found_by_their_full_names_and_constructors_by_theirs() -> None:
    outline = outline_of(SAMPLE)
    assert find_declaration(outline, "N.d").line == 19
    assert find_declaration(outline, "N.S.mk").names[0] == "N.S"
    for name in ("d", "N", "N.q"):
        with pytest.raises(UnknownDeclaration, match="not declared"):
            find_declaration(outline, name)
    with pytest.raises(UnknownDeclaration, match="on lines 1, 2"):
        find_declaration(outline_of("private def a := 1\ndef a := 2"), "a")


def test_a_proof_is_replaced_with_what_shows_its_termination() -> None:
    assert replace_proof(SAMPLE, "N.a", ":= trivial\n") == SAMPLE.replace("by\n  trivial", "trivial")
    assert replace_proof(SAMPLE, "N.e", ":= by rfl") == SAMPLE.replace("rfl\ntermination_by x", "by rfl")
    assert replace_proof(SAMPLE, "N.b", ":= 2") == SAMPLE.replace(":= 1 --", ":= 2 --")
    windows = SAMPLE.replace("\n", "\r\n")
    assert replace_proof(windows, "N.a", ":= by\n  skip\n  trivial").count("\r\n") == windows.count("\r\n") + 1


@pytest.mark.parametrize(
    "proof",
    [
        ":= trivial\ntheorem z : False := sorry",
        ":= trivial\nend N",
        "∧ True := trivial",
        "",
        ":= trivial\n@[simp]",
        ":= trivial\nopen Bar",
        ":= trivial\n#eval 1",
        ":= (trivial",
        ":= trivial /-",
        ':= "',
        ":= trivial\nset_option a true in",
    ],
)
def test_a_proof_that_is_more_than_a_proof_is_refused(proof: str) -> None:
    with pytest.raises((SurgeryRefused, LexicalError)):
        replace_proof(SAMPLE, "N.a", proof)


def test_declarations_are_inserted_and_removed_again() -> None:
    new = "/-- New. -/\ntheorem z : True :=\n  trivial"
    for text in (SAMPLE, SAMPLE.replace("\n", "\r\n"), SAMPLE.removesuffix("\n")):
        for inserted in (insert_after(text, "N.b", new), insert_after(text, "N.c", new), insert_at_end(text, "N", new)):
            assert changes_between(outline_of(text), outline_of(inserted)) == Changes(added=("N.z",))
            assert ("\r\n" in inserted) is ("\r\n" in text)
            removed = remove_declaration(inserted, "N.z")
            assert changes_between(outline_of(text), outline_of(removed)) == Changes()
            assert removed.split() == text.split()
    assert insert_after(SAMPLE, "N.b", new) == SAMPLE.replace("behind b\n", f"behind b\n\n{new}\n")
    assert insert_at_end(SAMPLE, "N", new).endswith(f"⟨⟨0⟩⟩\n\n{new}\n\nend N\n")
    assert insert_at_end(SAMPLE, "", new).endswith(f"end N\n\n{new}\n")
    assert remove_declaration(SAMPLE, "N.b") == SAMPLE.replace("-- of b\ndef b : Nat := 1 -- behind b\n\n", "")
    assert remove_declaration(SAMPLE, "N.c") == SAMPLE.replace("def c : Nat → Nat | 0 => 0 | n + 1 => d n\n", "")


def test_a_place_in_a_namespace_must_exist() -> None:
    with pytest.raises(UnknownDeclaration, match="namespace M"):
        insert_at_end(SAMPLE, "M", "def z := 1")
    with pytest.raises(UnknownDeclaration):
        insert_at_end("namespace A\ndef a := 1", "", "def z := 1")
    assert insert_at_end("namespace A.«b c»\nend A.«b c»", "A.«b c»", "def z := 1").count("z") == 1


def test_declarations_are_inserted_above_others_and_their_comments() -> None:
    new = "/-- New. -/\ntheorem z : True := trivial"
    assert insert_before(SAMPLE, "N.b", new) == SAMPLE.replace("-- of b\n", f"{new}\n\n-- of b\n")
    assert insert_before(SAMPLE, "N.d", new) == SAMPLE.replace("mutual\n", f"\n{new}\n\nmutual\n")
    for name in ("N.a", "N.b", "N.c", "N.e", "N.S"):
        inserted = insert_before(SAMPLE, name, new)
        assert changes_between(outline_of(SAMPLE), outline_of(inserted)) == Changes(added=("N.z",))
    with pytest.raises(UnknownDeclaration):
        insert_before(SAMPLE, "N.x", new)


def test_what_follows_an_insertion_keeps_its_indentation() -> None:
    text = "section\n  theorem a : True := h\n\n  theorem b : True := h\nend\n"
    for inserted in (
        insert_after(text, "a", "  theorem z : True := h"),
        insert_before(text, "b", "theorem z : True := h"),
    ):
        assert inserted == text.replace("\n\n", "\n\ntheorem z : True := h\n\n")
    assert insert_before(text, "a", "theorem z : True := h").count("\n  theorem") == 2


@pytest.mark.parametrize("piece", ["", "-- nothing", "end N", "open Foo", "def z := 1\nnamespace Q", "#eval 1"])
def test_only_declarations_are_inserted(piece: str) -> None:
    for insert in (insert_after, insert_before, insert_at_end):
        with pytest.raises((SurgeryRefused, LexicalError)):
            insert(SAMPLE, "N" if insert is insert_at_end else "N.a", piece)


SCRAPS = st.sampled_from([*":=|()⟨⟩ \nab0\"'-/!@[]#", ":= ", "def ", "end ", "by ", "/-", "open "])


@given(st.lists(SCRAPS).map("".join) | st.lists(SCRAPS).map("".join).map(":= {}".format))
def test_whatever_the_proof_nothing_else_changes(proof: str) -> None:
    try:
        after = replace_proof(SAMPLE, "N.b", proof)
    except (SurgeryRefused, LexicalError):
        return
    changes = changes_between(outline_of(SAMPLE), outline_of(after))
    assert changes in (Changes(), Changes(redefined=("N.b",)), Changes(respelled=("N.b",)))
    assert after.startswith(SAMPLE[: SAMPLE.index(":= 1")])
    assert after.endswith(SAMPLE[SAMPLE.index(" -- behind b") :])


def test_lean_sees_a_replaced_proof_behind_an_unchanged_interface(builder: Builder) -> None:
    name, module = "Book.zero_add", "Book.Nodes.ZeroAdd"
    proof = ":=\n  have all (b : Num) : Eq (add .zero b) b := b.rec rfl (fun _ h => congr_succ h)\n  all a"
    other = replace_proof(PROOF, name, proof)
    assert other != PROOF
    helped = insert_after(PROOF, name, "/-- Again. -/\npublic theorem again : Eq Num.zero Num.zero := rfl")
    digests = []
    for text in (PROOF, other, helped):
        build = builder.certify(PROJECT, [module], {module: text.encode()})
        assert build.ok, {each: failed.errors for each, failed in build.failures.items()}
        digests.append(build.certificates[module].interface_digest)
    assert digests[0] == digests[1]
    assert digests[0] != digests[2], "a new public theorem is seen by importers"


def test_the_demo_book_compiles_after_surgery(builder: Builder) -> None:
    module = "Arithmetic.Numbers.EqStable"
    path = BOOK / (module.replace(".", "/") + ".lean")
    text = path.read_bytes().decode()
    [theorem] = outline_of(text).declarations()
    helper = "/-- Its twin. -/\nprivate theorem twin (n : Natural) : Eq n n := .refl n"
    inserted = insert_at_end(text, theorem.namespace, helper)
    proof = ":=\n  have decided : Decided (Eq a b) := eq_decided a b\n  stable_of_decided decided"
    both = replace_proof(inserted, theorem.names[0], proof)
    builds = [builder.certify(BOOK, [module], {module: each.encode()}) for each in (text, inserted, both)]
    for build in builds:
        assert build.ok, {each: failed.errors for each, failed in build.failures.items()}
    assert len({build.certificates[module].interface_digest for build in builds}) == 1
