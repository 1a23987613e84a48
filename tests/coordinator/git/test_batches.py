from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.many_branches import Draft, write_drafts
from coordinator.errors import GitError, RefMoved
from coordinator.git import MAIN, Branch, Entry, Identity, RefChange, Repository, Trailers
from tests.support.repositories import join

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coordinator.git import Batch

WHEN = 1_800_000_000
FILES = {f"Book/N{number}.lean": b"one\ntwo\nthree\nfour\nfive\n" for number in range(6)}
SUBMODULE = Entry("160000", "1" * 40)

type_of_files = dict[str, "bytes | Entry | None"]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "hub.git")
    made.move(MAIN, write_drafts(made, [Draft((), FILES)])[0], None)
    return made


def branch(repository: Repository, files: Mapping[str, bytes | Entry | None], base: str | None = None) -> Branch:
    start = base or repository.head() or ""
    head = write_drafts(repository, [Draft((start,), files)])[0]
    return Branch(start, head, Trailers(node="lem:x").onto("Land it"))


def land(repository: Repository, *branches: Branch) -> Batch:
    batch = repository.batch(repository.head() or "", branches, WHEN)
    repository.land(batch)
    return batch


def parents(repository: Repository, commit: str) -> list[str]:
    lines = repository._run("cat-file", "commit", commit).split("\n\n")[0].split("\n")
    return [line.split()[1] for line in lines if line.startswith("parent ")]


def test_branches_that_touch_nothing_in_common_land_as_one_commit_each(repository: Repository) -> None:
    tip = repository.head() or ""
    branches = [
        branch(repository, {f"Book/N{each}.lean": b"proved\n", f"New/N{each}.lean": b"new\n"}) for each in (0, 1, 2)
    ]
    batch = land(repository, *branches)
    assert [landing.merged for landing in batch.landings] == [False, False, False]
    assert repository.head() == batch.top
    assert list(repository.log(batch.top)) == [*[each.commit for each in reversed(batch.landings)], tip]
    assert parents(repository, batch.top) == [batch.landings[1].commit, branches[2].head]
    assert Trailers.of(repository.message(batch.top)) == Trailers(node="lem:x")
    assert repository.read(batch.top, "Book/N1.lean") == b"proved\n"
    assert repository.read(batch.landings[0].commit, "Book/N1.lean") == FILES["Book/N1.lean"]
    assert set(repository.blobs(batch.top)) == {*FILES, "New/N0.lean", "New/N1.lean", "New/N2.lean"}


def test_a_path_that_others_touched_is_merged_by_git_and_a_conflict_stops_nobody_else(repository: Repository) -> None:
    below = branch(repository, {"Book/N0.lean": b"one\ntwo\nthree\nfour\n5\n"})
    clash = branch(repository, {"Book/N0.lean": b"uno\ntwo\nthree\nfour\nfive\n"})
    other = branch(repository, {"Book/N1.lean": b"other\n"})
    land(repository, branch(repository, {"Book/N0.lean": b"1\ntwo\nthree\nfour\nfive\n"}))
    batch = land(repository, clash, below, other)
    assert [(landing.branch, landing.merged) for landing in batch.landings] == [(other, False), (below, True)]
    assert repository.read(batch.top, "Book/N0.lean") == b"1\ntwo\nthree\nfour\n5\n"
    assert [(refusal.branch, refusal.conflicts) for refusal in batch.refusals] == [(clash, ("Book/N0.lean",))]
    assert "Book/N0.lean" in batch.refusals[0].reason


def test_branches_of_one_batch_that_touch_the_same_file_follow_each_other(repository: Repository) -> None:
    first = branch(repository, {"Book/N0.lean": b"1\ntwo\nthree\nfour\nfive\n"})
    second = branch(repository, {"Book/N0.lean": b"one\ntwo\nthree\nfour\n5\n"})
    batch = land(repository, first, second)
    assert [(landing.branch, landing.merged) for landing in batch.landings] == [(first, False), (second, True)]
    assert repository.read(batch.top, "Book/N0.lean") == b"1\ntwo\nthree\nfour\n5\n"
    assert [change.path for change in batch.landings[1].changes] == ["Book/N0.lean"]


def test_of_two_that_add_the_same_file_one_is_told_of_the_conflict(repository: Repository) -> None:
    one, two = (branch(repository, {"New.lean": text}) for text in (b"1\n", b"2\n"))
    batch = land(repository, one, two)
    assert repository.read(batch.top, "New.lean") == b"1\n"
    assert [(refusal.branch, refusal.conflicts) for refusal in batch.refusals] == [(two, ("New.lean",))]


def test_a_lost_compare_and_set_changes_nothing_and_says_so(repository: Repository) -> None:
    mine = branch(repository, {"Book/N0.lean": b"mine\n"})
    repository.put("refs/attempts/n0/1", mine.head)
    mine = Branch(mine.base, mine.head, mine.message, refs=(("refs/attempts/n0/1", mine.head),))
    batch = repository.batch(repository.head() or "", [mine], WHEN)
    land(repository, branch(repository, {"Book/N1.lean": b"theirs\n"}))
    theirs = repository.head()
    with pytest.raises(RefMoved, match="refs/heads/main"):
        repository.land(batch)
    assert repository.head() == theirs
    assert repository.head("refs/attempts/n0/1") == mine.head
    assert land(repository, mine).landings[0].merged is False
    assert repository.head("refs/attempts/n0/1") is None


def test_a_branch_that_was_pushed_again_after_it_was_read_does_not_land(repository: Repository) -> None:
    tip = repository.head()
    read, pushed = (branch(repository, {"Book/N0.lean": text}) for text in (b"read\n", b"pushed\n"))
    repository.put("refs/attempts/n0/1", pushed.head)
    batch = repository.batch(
        tip or "", [Branch(read.base, read.head, "x", refs=(("refs/attempts/n0/1", read.head),))], WHEN
    )
    with pytest.raises(RefMoved, match="refs/attempts/n0/1"):
        repository.land(batch)
    assert repository.head() == tip
    assert repository.head("refs/attempts/n0/1") == pushed.head


@pytest.mark.parametrize(
    "path",
    [
        "line\nend",
        'quo"te',
        "back\\slash",
        "-rf",
        " lead",
        "tab\there",
        "Ünï/cødé",
        "a/b/c/d/e",
        "x\udcff",
        "Case",
        "case",
    ],
)
def test_a_strange_but_harmless_path_lands_as_it_is(repository: Repository, path: str) -> None:
    batch = land(repository, branch(repository, {path: b"content\n"}))
    assert [change.path for change in batch.landings[0].changes] == [path]
    assert repository.read(batch.top, path) == b"content\n"
    assert repository.read(batch.tip, path) is None


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".git ", ".g\u200cit", "..", "."])
def test_a_path_that_could_leave_its_folder_or_pass_for_gits_own_is_refused(repository: Repository, name: str) -> None:
    blob = repository._run("hash-object", "-w", "--stdin", given=b"evil\n")
    inner = repository._run("mktree", "-z", given=f"100644 blob {blob}\tconfig\0".encode())
    tree = repository._run("mktree", "-z", given=f"040000 tree {inner}\t{name}\0".encode())
    tip = repository.head() or ""
    head = repository.commit(tree, [tip], "evil")
    good = branch(repository, {"Book/N1.lean": b"good\n"})
    batch = land(repository, Branch(tip, head, "x"), good)
    assert [landing.branch for landing in batch.landings] == [good]
    assert "path" in batch.refusals[0].reason


def test_links_submodules_and_executables_land_as_what_they_are(repository: Repository) -> None:
    target = repository._run("hash-object", "-w", "--stdin", given=b"/etc/passwd")
    files = {"link": Entry("120000", target), "dep": SUBMODULE, "tool": Entry("100755", target)}
    batch = land(repository, branch(repository, files), branch(repository, {"Book/N0.lean": b"x\n"}))
    assert len(batch.landings) == 2
    assert {change.path: change.after for change in batch.landings[0].changes} == files
    assert repository._run("ls-tree", batch.top, "dep").split()[:3] == ["160000", "commit", "1" * 40]
    assert repository.read(batch.top, "dep") is None
    assert repository.read(batch.top, "link") == b"/etc/passwd"


def test_a_file_may_become_a_folder_and_a_folder_a_file(repository: Repository) -> None:
    land(repository, branch(repository, {"a": b"file\n", "b/c": b"1\n", "b/d": b"2\n"}))
    changed = {"a": None, "a/x": b"in a folder\n", "b/c": None, "b/d": None, "b": b"file\n"}
    batch = land(repository, branch(repository, changed))
    assert batch.landings[0].merged is False
    assert repository.read(batch.top, "a/x") == b"in a folder\n"
    assert repository.read(batch.top, "b") == b"file\n"


def test_a_file_finds_no_place_where_somebody_made_a_folder(repository: Repository) -> None:
    file, folder = branch(repository, {"place": b"file\n"}), branch(repository, {"place/x": b"folder\n"})
    batch = land(repository, folder, file)
    assert [landing.branch for landing in batch.landings] == [folder]
    assert batch.refusals[0].branch == file
    assert batch.refusals[0].conflicts


def test_a_file_added_to_a_folder_that_was_moved_is_left_to_git(repository: Repository) -> None:
    old = dict.fromkeys(["Old/A.lean", "Old/B.lean"], b"one\ntwo\nthree\nfour\n")
    land(repository, branch(repository, old))
    move: type_of_files = {**dict.fromkeys(old), **{path.replace("Old", "New"): text for path, text in old.items()}}
    adds, moves = branch(repository, {"Old/C.lean": b"c\n"}), branch(repository, move)
    for order in ([moves, adds], [adds, moves]):
        batch = repository.batch(repository.head() or "", order, WHEN)
        assert [landing.branch for landing in batch.landings] == [order[0]]
        assert batch.refusals[0].conflicts == join(repository, batch.top, order[1].head).conflicts


def test_a_base_that_is_none_is_found_out(repository: Repository) -> None:
    first = repository.head() or ""
    land(repository, branch(repository, {"Book/N0.lean": b"on main\n"}))
    # It began from the first commit, but claims to have begun from the tip: as if it took back what landed there.
    head = write_drafts(repository, [Draft((first,), {"Book/N1.lean": b"branch\n"})])[0]
    batch = land(repository, Branch(repository.head() or "", head, "x"))
    assert batch.landings[0].merged
    assert repository.read(batch.top, "Book/N0.lean") == b"on main\n"
    assert repository.read(batch.top, "Book/N1.lean") == b"branch\n"


def test_a_branch_of_several_commits_and_one_that_merged_main_land(repository: Repository) -> None:
    base = repository.head() or ""
    long = write_drafts(
        repository,
        [Draft((base,), {"a": b"1\n"}), Draft((0,), {"a": b"2\n"}), Draft((1,), {"b": b"3\n"})],
    )[-1]
    landed = land(repository, Branch(base, long, "x"))
    assert landed.landings[0].merged is False
    merging = write_drafts(
        repository, [Draft((base,), {"c": b"1\n"}), Draft((0, landed.top), {"a": b"2\n", "b": b"3\n", "d": b"4\n"})]
    )[-1]
    batch = land(repository, Branch(base, merging, "x"))
    assert batch.landings[0].merged
    assert set(repository.blobs(batch.top)) == {*FILES, "a", "b", "c", "d"}


def test_what_is_missing_or_unrelated_is_refused_alone(repository: Repository) -> None:
    tip = repository.head() or ""
    lost = repository._run("mktree", "--missing", given=f"100644 blob {'2' * 40}\tlost\n".encode())
    bad = [
        Branch(tip, "3" * 40, "x"),
        Branch("4" * 40, tip, "x"),
        Branch(tip, repository.commit(lost, [tip], "names a file that is not there"), "x"),
        Branch(tip, write_drafts(repository, [Draft((), {"alien": b"x\n"})])[0], "x"),
    ]
    good = [branch(repository, {f"Book/N{each}.lean": b"good\n"}) for each in (0, 1)]
    batch = land(repository, bad[0], good[0], bad[1], bad[2], good[1], bad[3])
    assert [landing.branch for landing in batch.landings] == good
    assert [refusal.branch for refusal in batch.refusals] == bad
    assert all(refusal.reason for refusal in batch.refusals)


def test_trees_that_no_git_writes_are_refused(repository: Repository) -> None:
    tip = repository.head() or ""
    blob = repository._run("hash-object", "-w", "--stdin", given=b"x\n")
    entry = b"100644 twice\0" + bytes.fromhex(blob)
    folder = b"40000 both\0" + bytes.fromhex(repository._run("mktree", given=f"100644 blob {blob}\tx\n".encode()))
    for content in (entry + entry, b"100644 both\0" + bytes.fromhex(blob) + folder):
        tree = repository._run("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=content)
        good = branch(repository, {"new": content})
        batch = land(repository, Branch(tip, repository.commit(tree, [tip], "malformed"), "x"), good)
        assert [landing.branch for landing in batch.landings] == [good]
        assert "malformed" in batch.refusals[0].reason


def test_an_author_and_a_message_cannot_break_out_of_their_place(repository: Repository) -> None:
    plain = branch(repository, {"Book/N0.lean": b"x\n"})
    text = "one\0two\n\nfrom refs/heads/main\ndata 5\n"
    evil = Branch(plain.base, plain.head, text, Identity("a\n<b> c", "d>\ne"))
    batch = land(repository, evil)
    assert repository.message(batch.top) == "onetwo\n\nfrom refs/heads/main\ndata 5"
    assert "\nauthor ab c <de> 1800000000 +0000\n" in repository._run("cat-file", "commit", batch.top)


def test_a_landing_is_from_whoever_its_branch_is_from(repository: Repository) -> None:
    agent = Identity.of_agent("agent", "claude-x")
    tip = repository.head() or ""
    head = repository.commit(repository._objects.tree_of(tip), [tip], "work\n\nauthor nobody <x>", agent)
    batch = land(repository, Branch(tip, head, "x"))
    line = "author agent (claude-x) <agent@blueprover.invalid> 1800000000 +0000\ncommitter Blueprover "
    assert line in repository._run("cat-file", "commit", batch.top)


def test_an_empty_batch_moves_nothing(repository: Repository) -> None:
    tip = repository.head() or ""
    assert land(repository).top == tip
    assert repository.head() == tip


def test_refs_move_together_or_not_at_all(repository: Repository) -> None:
    tip = repository.head() or ""
    with pytest.raises(RefMoved, match="refs/candidates/2 is at nothing"):
        repository.move_all([RefChange("refs/candidates/1", None, tip), RefChange("refs/candidates/2", tip, None)])
    assert repository.head("refs/candidates/1") is None
    repository.move_all([RefChange("refs/candidates/1", None, tip), RefChange("refs/candidates/2", None, tip)])
    assert repository.head("refs/candidates/2") == tip
    with pytest.raises(GitError, match="never deleted"):
        repository.move_all([RefChange(MAIN, tip, None)])
