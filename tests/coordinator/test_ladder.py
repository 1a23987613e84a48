"""What the ladder joins, and what it leaves to people: nothing of main is lost, and nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.many_branches import Draft, write_drafts
from checker.source.merge import LARGEST
from coordinator.engine.ladder import mark_conflicts, resolve
from coordinator.git import MAIN, Entry, Repository

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"module\nprelude\npublic import L.Base\n"
A, B = b"\npublic theorem a : True := .intro\n", b"\npublic theorem b : True := .intro\n"
FILES = {"L/Many.lean": HEAD, "notes": b"one\n", "other": b"x\n"}
SUBMODULE, ANOTHER = Entry("160000", "1" * 40), Entry("160000", "2" * 40)
Sides = dict[str, "bytes | Entry | None"]


@pytest.fixture
def hub(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "hub.git")
    made.move(MAIN, write_drafts(made, [Draft((), FILES)])[0], None)
    return made


def sides(hub: Repository, ours: Sides, theirs: Sides, base: str | None = None) -> tuple[str, str, str]:
    start = base or hub.head() or ""
    tip, head = write_drafts(hub, [Draft((start,), ours), Draft((start,), theirs)])
    return tip, start, head


def blob(hub: Repository, content: bytes) -> str:
    (commit,) = write_drafts(hub, [Draft((), {"file": content})])
    return hub.blobs(commit)["file"]


def test_both_sides_declarations_and_what_nobody_else_touched_are_joined(hub: Repository) -> None:
    joined = resolve(
        hub, *sides(hub, {"L/Many.lean": HEAD + A}, {"L/Many.lean": HEAD + B, "new": b"n\n", "other": None})
    )
    assert joined is not None
    assert joined.rung == "declarations"
    assert joined.files["L/Many.lean"] == HEAD + A + B
    assert joined.files["other"] is None
    assert set(joined.files) == {"L/Many.lean", "new", "other"}


def test_what_main_changed_without_changing_its_text_is_not_taken_back(hub: Repository) -> None:
    program = Entry("100755", blob(hub, b"x\n"))
    conflict: Sides = {"L/Many.lean": HEAD + A}
    assert resolve(hub, *sides(hub, {**conflict, "other": program}, {"L/Many.lean": HEAD + B, "other": b"y\n"})) is None


def test_another_repositorys_commit_that_both_moved_is_not_chosen(hub: Repository) -> None:
    (base,) = write_drafts(hub, [Draft((hub.head() or "",), {"sub": SUBMODULE})])
    ours: Sides = {"L/Many.lean": HEAD + A, "sub": ANOTHER}
    theirs: Sides = {"L/Many.lean": HEAD + B, "sub": Entry("160000", "3" * 40)}
    assert resolve(hub, *sides(hub, ours, theirs, base)) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [({"place": b"file\n"}, {"place/below": b"b\n"}), ({"place/below": b"b\n"}, {"place": b"file\n"})],
)
def test_a_file_does_not_take_the_place_of_a_folder_that_main_has(hub: Repository, ours: Sides, theirs: Sides) -> None:
    both = sides(hub, {"L/Many.lean": HEAD + A, **ours}, {"L/Many.lean": HEAD + B, **theirs})
    assert resolve(hub, *both) is None


@pytest.mark.parametrize(
    "theirs",
    [HEAD + b"-- " + b"x" * LARGEST + b"\n" + B, b"\xff\xfe", HEAD + b"end nowhere\n", None],
    ids=["too large", "no text", "cannot be cut", "gone"],
)
def test_what_cannot_be_read_or_cut_goes_back_and_ends_nothing(hub: Repository, theirs: bytes | None) -> None:
    both = sides(hub, {"L/Many.lean": HEAD + A}, {"L/Many.lean": theirs})
    assert resolve(hub, *both) is None
    assert resolve(hub, *both, "a") is None


def test_other_files_than_leans_are_left_to_people(hub: Repository) -> None:
    assert resolve(hub, *sides(hub, {"notes": b"ours\n"}, {"notes": b"theirs\n"})) is None


def lines(draft_file: bytes | Entry | None) -> list[bytes]:
    assert isinstance(draft_file, bytes)
    return draft_file.splitlines()


def test_what_is_left_for_an_agent_is_marked_and_all_else_is_joined(hub: Repository) -> None:
    ours: Sides = {"L/Many.lean": HEAD + A.replace(b".intro", b"main"), "notes": b"ours\n"}
    theirs: Sides = {"L/Many.lean": HEAD + A + B, "notes": b"theirs\n", "new": b"n\n", "other": None}
    draft = mark_conflicts(hub, *sides(hub, ours, theirs))
    assert draft.conflicts == ("L/Many.lean", "notes")
    assert draft.files["new"] is not None
    assert draft.files["other"] is None
    assert lines(draft.files["notes"]) == [
        b"<<<<<<< main", b"ours", b"||||||| base", b"one", b"=======", b"theirs", b">>>>>>> branch"
    ]  # fmt: skip
    marked = lines(draft.files["L/Many.lean"])
    between = marked[marked.index(b"<<<<<<< main") : marked.index(b">>>>>>> branch")]
    assert b"public theorem a : True := main" in between
    assert b"public theorem a : True := .intro" in between
    assert marked.count(b"public theorem b : True := .intro") == 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"other": None}, {"other": b"y\n"}),
        ({"other": b"z\n"}, {"other": None}),
        ({"other": b"\0z"}, {"other": b"\0y"}),
        ({"other": b"z\n"}, {"other": b"x" * (LARGEST + 1)}),
        ({"place/below": b"b\n"}, {"place": b"file\n"}),
    ],
    ids=["gone on main", "gone on the branch", "no text", "too large", "a folder in its place"],
)
def test_what_cannot_be_marked_stays_as_on_main_and_is_named(hub: Repository, ours: Sides, theirs: Sides) -> None:
    draft = mark_conflicts(hub, *sides(hub, ours, theirs))
    assert draft.conflicts == tuple(theirs)
    assert not draft.files


def test_a_proof_that_was_transplanted_is_no_conflict_for_the_agent(hub: Repository) -> None:
    ours: Sides = {"L/Many.lean": HEAD + A.replace(b"\npublic", b"\n/-- On main. -/\npublic"), "notes": b"ours\n"}
    theirs: Sides = {"L/Many.lean": HEAD + A.replace(b"\npublic", b"\n/-- Here. -/\npublic"), "notes": b"theirs\n"}
    (base,) = write_drafts(hub, [Draft((hub.head() or "",), {"L/Many.lean": HEAD + A.replace(b".intro", b"sorry")})])
    both = sides(hub, ours, theirs, base)
    assert mark_conflicts(hub, *both).conflicts == ("L/Many.lean", "notes")
    draft = mark_conflicts(hub, *both, "a")
    assert draft.conflicts == ("notes",)
    assert b"/-- On main. -/" in lines(draft.files["L/Many.lean"])
