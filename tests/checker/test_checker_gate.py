"""The gate: what it tells of honest changes, and which files and bytes it refuses; the rest is the exploit suite."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from checker import Code, Policy
from tests.checker.desk import HEAD, PROOF, ZERO_ADD

if TYPE_CHECKING:
    from tests.checker.desk import Desk


def test_an_honest_proof_tells_its_axioms_and_keeps_its_lock(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF})
    judgement = desk.judge()
    assert judgement.accepted, judgement.reasons
    assert judgement.axioms == {"Book.zero_add": ()}
    assert judgement.lock == desk.meanings()["Book.zero_add"]
    assert judgement.assumes == ()
    assert list(judgement.certificates) == ["Book.Nodes.ZeroAdd"]


def test_nothing_changed_is_no_proof(desk: Desk) -> None:
    judgement = desk.judge()
    assert not judgement.accepted
    assert [reason.code for reason in judgement.reasons] == [Code.SORRY], "the target is as open as it was"


@pytest.mark.parametrize(
    "path",
    ["lakefile.lean", "lean-toolchain", "text/web.tex", ".gitattributes", "Book/Base/Logic.lean", "Book/Nodes/Add.lean",
     "Book/Base/More.lean", "Book/Nodes/Other.lean", "Book/Helpers/data.txt", "Book/Nodes/ZeroAdd.olean",
     "Book/Helpers/.lean", "Init.lean", "Book.lean"],
)  # fmt: skip
def test_files_outside_the_stage_are_refused(desk: Desk, path: str) -> None:
    desk.write({ZERO_ADD: PROOF, path: (desk.head / path).read_text() + "\n" if (desk.head / path).exists() else ""})
    assert Code.PATH in {reason.code for reason in desk.judge().reasons} or path == "Book/Helpers/.lean"
    assert not desk.judge().accepted


def test_removing_a_file_is_refused(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF, "Book/Nodes/SuccAdd.lean": None})
    assert [reason.code for reason in desk.judge().reasons] == [Code.PATH]


def test_removing_a_helper_is_refused(desk: Desk) -> None:
    desk.write({"Book/Helpers/Shared.lean": None})
    assert [reason.code for reason in desk.judge().reasons] == [Code.PATH]


def test_a_symbolic_link_is_refused_and_not_followed(desk: Desk) -> None:
    (desk.folder / "outside.lean").write_text(PROOF)
    (desk.head / ZERO_ADD).unlink()
    (desk.head / ZERO_ADD).symlink_to(desk.folder / "outside.lean")
    assert [reason.code for reason in desk.judge().reasons] == [Code.FILE]


def test_a_linked_folder_is_refused(desk: Desk) -> None:
    (desk.head / "Book" / "Helpers" / "More").symlink_to(desk.head / "Book" / "Nodes")
    assert not desk.judge().accepted


def test_a_pipe_is_refused_without_waiting_for_it(desk: Desk) -> None:
    os.mkfifo(desk.head / "Book" / "Helpers" / "Pipe.lean")
    assert [reason.code for reason in desk.judge().reasons] == [Code.FILE]


def test_an_executable_file_is_refused(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF})
    (desk.head / ZERO_ADD).chmod(0o755)
    assert [reason.code for reason in desk.judge().reasons] == [Code.FILE]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PROOF.replace("rfl", "r\0fl").encode(), "U+0000"),
        (b"\xef\xbb\xbf" + PROOF.encode(), "U+FEFF"),
        (PROOF.replace("rfl", "rfl /- \u202e -/").encode(), "U+202E"),
        (PROOF.replace("rfl", "rfl -- \u2028").encode(), "U+2028"),
        (PROOF.encode() + b"-- \xff\n", "not UTF-8"),
        (PROOF.encode() + b"-- hidden\raxiom x : False\n", "lone carriage return"),
        (PROOF.encode() + b"-" * 1_000_001, "over 1000000 bytes"),
    ],
)
def test_bytes_that_mislead_are_refused(desk: Desk, content: bytes, words: str) -> None:
    desk.write({ZERO_ADD: content})
    reasons = desk.judge().reasons
    assert [reason.code for reason in reasons] == [Code.FILE]
    assert words in reasons[0].message


def test_windows_line_ends_are_fine(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF.replace("\n", "\r\n")})
    judgement = desk.judge()
    assert judgement.accepted, judgement.reasons


def test_deep_nesting_is_refused_before_lean_sees_it(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF.replace("rfl", "(" * 1001 + "rfl" + ")" * 1001)})
    assert [reason.code for reason in desk.judge().reasons] == [Code.FILE]


def test_a_policy_can_be_widened_by_name(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF.replace("namespace Book", "namespace Book\nset_option maxSynthPendingDepth 3", 1)})
    assert [reason.code for reason in desk.judge().reasons] == [Code.OPTION]
    desk.policy = Policy(options=desk.policy.options | {"maxSynthPendingDepth"})
    assert desk.judge().accepted


def test_a_changed_definition_is_refused_even_by_its_own_proof(desk: Desk) -> None:
    """A theorem and a definition in one module: the proof may not touch the definition beside it."""
    text = HEAD + (
        "namespace Book\n"
        "public noncomputable def double (a : Num) : Num := add a a\n"
        "public theorem zero_add (a : Num) : Eq (double a) (double a) := {}\n"
        "end Book\n"
    )
    desk.write_both({ZERO_ADD: text.replace("{}", "sorry")})
    desk.write({ZERO_ADD: text.replace("{}", "rfl")})
    assert desk.judge().accepted
    desk.write({ZERO_ADD: text.replace("{}", "rfl").replace("add a a", "a")})
    assert [reason.code for reason in desk.judge().reasons] == [Code.STATEMENT]


def test_a_definition_of_another_module_cannot_be_exchanged_through_a_helper(desk: Desk) -> None:
    """The interface of the helper does not show its definitions' bodies, but the meaning does."""
    helper = HEAD + "namespace Book\npublic noncomputable def twice (a : Num) : Num := {}\nend Book\n"
    text = (
        "module\nprelude\npublic import Book.Helpers.Twice\nnamespace Book\n"
        "public theorem zero_add (a : Num) : Eq (twice a) (twice a) := {}\nend Book\n"
    )
    desk.write_both({"Book/Helpers/Twice.lean": helper.format("add a a"), ZERO_ADD: text.format("sorry")})
    desk.write({"Book/Helpers/Twice.lean": helper.format("a"), ZERO_ADD: text.format("rfl")})
    assert Code.STATEMENT in {reason.code for reason in desk.judge().reasons}
