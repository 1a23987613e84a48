from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks.many_branches import Draft, write_drafts
from coordinator.errors import GitError
from coordinator.git import Change, Entry, Repository, attempt_ref, candidate_ref
from coordinator.git.merging import merge_all
from coordinator.git.paths import hostile, quoted
from coordinator.git.version import read_version, require_version
from tests.support.repositories import join

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/a\n", "refs/heads/a b", "refs/heads/", "refs/heads", "refs/heads/.a", "refs/heads/a.",
        "refs/heads/a/.b", "refs/heads/a//b", "refs/heads/a.lock/b", "refs/heads/a@{1}", "refs/heads/a~1",
        "refs/heads/a\0", "-d", "refs/tags/a", "refs/replace/a", "HEAD", "refs/heads/é", "refs/heads/" + "a" * 300,
    ],
)  # fmt: skip
def test_a_ref_that_could_be_more_than_a_name_is_refused_before_git_sees_it(hub: Repository, ref: str) -> None:
    tip = hub.head() or ""
    with pytest.raises(GitError, match="no ref"):
        hub.put(ref, tip)
    with pytest.raises(GitError, match="no ref"):
        hub.move(ref, tip, None)
    with pytest.raises(GitError, match="no ref"):
        hub.head(ref)


def test_an_object_name_with_a_line_after_it_is_refused(hub: Repository) -> None:
    for oid in ("1" * 40 + "\n", "1" * 40 + "\ninfo HEAD", "A" * 40):
        with pytest.raises(GitError, match="no git object name"):
            hub.read_blob(oid)


def test_names_of_attempts_and_candidates_are_refs_that_may_be_written(hub: Repository) -> None:
    tip = hub.head() or ""
    hub.put_all([(attempt_ref("lem-x", 3), tip), (candidate_ref(7), tip)])
    assert hub.head("refs/attempts/lem-x.3") == tip
    assert hub.head("refs/candidates/7") == tip
    with pytest.raises(GitError, match="compare-and-set"):
        hub.put_all([("refs/heads/main", tip)])


@pytest.mark.parametrize(
    "path", ["", "/", "/a", "a/", "a//b", "./README", "../README", "a/../README", "README\0", "a" * 5000]
)
def test_a_path_that_is_none_holds_nothing(hub: Repository, path: str) -> None:
    assert hub.read(hub.head() or "", path) is None
    assert hub.read(hub.head() or "", "README") == b"hello\n"


@pytest.mark.parametrize("path", ["x\ny", "x\n1 blob 2\n", "\n\n\n", "no such\nfile"])
def test_a_missing_path_with_line_ends_does_not_confuse_what_is_read_next(hub: Repository, path: str) -> None:
    tip = hub.head() or ""
    assert hub.read(tip, path) is None
    assert hub.read(tip, "README") == b"hello\n"


def test_a_folder_and_what_is_missing_are_no_files(hub: Repository) -> None:
    made = write_drafts(hub, [Draft((), {"folder/file": b"x"})])[0]
    assert hub.read(made, "folder") is None
    assert not hub.has("7" * 40)
    assert hub.has(made)
    with pytest.raises(GitError, match="no file"):
        hub.read_blob("7" * 40)
    with pytest.raises(GitError, match="no file"):
        hub.read_blob(made)


def test_changes_of_many_pairs_come_back_in_order_empty_ones_included(hub: Repository) -> None:
    tip = hub.head() or ""
    one, two = write_drafts(hub, [Draft((tip,), {"a\nb": b"x\n", "README": None}), Draft((tip,), {})])
    readme, blob = (Entry("100644", hub.blobs(commit)[path]) for commit, path in ((tip, "README"), (one, "a\nb")))
    forward = (Change("README", readme, None), Change("a\nb", None, blob))
    backward = (Change("README", None, readme), Change("a\nb", blob, None))
    assert hub.changes([(tip, one), (tip, two), (one, two), (tip, tip)]) == [forward, (), backward, ()]
    assert hub.changes([]) == []
    with pytest.raises(GitError):
        hub.changes([(tip, "7" * 40)])


def test_many_merges_are_told_as_each_alone_would_be(hub: Repository) -> None:
    base = write_drafts(hub, [Draft((), {"a": b"1\n2\n3\n4\n5\n", "b": b"x\n"})])[0]
    top, bottom, clash, other = write_drafts(
        hub,
        [Draft((base,), {"a": text}) for text in (b"0\n2\n3\n4\n5\n", b"1\n2\n3\n4\n6\n", b"9\n2\n3\n4\n5\n")]
        + [Draft((base,), {"c\nd": b"new\n"})],
    )
    pairs = [(top, bottom), (top, clash), (clash, top), (bottom, other), (top, top)]
    merges = merge_all(hub._runner, pairs)
    assert merges == [join(hub, *pair) for pair in pairs]
    assert [merge.conflicts for merge in merges] == [(), ("a",), ("a",), (), ()]
    assert merge_all(hub._runner, []) == []
    with pytest.raises(GitError):
        merge_all(hub._runner, [(top, "7" * 40), (top, bottom)])


def test_what_somebody_pushed_as_a_replacement_is_not_read(hub: Repository) -> None:
    tip = hub.head() or ""
    old, new = hub.blobs(tip)["README"], hub._run("hash-object", "-w", "--stdin", given=b"evil\n")
    subprocess.run(["git", "-C", str(hub.path), "update-ref", f"refs/replace/{old}", new], check=True)
    assert hub.read(tip, "README") == b"hello\n"


def test_a_git_that_is_too_old_is_refused_in_one_sentence() -> None:
    require_version(read_version("git version 2.38.0\n"))
    require_version(read_version("git version 2.47.1.windows.2\n"))
    with pytest.raises(GitError, match=r"^git 2\.37\.9 is too old, .*; install git 2\.38 or later\.$"):
        require_version(read_version("git version 2.37.9 (Apple Git-1)\n"))


def test_a_git_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hub: Repository) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="not installed"):
        Repository(hub.path).head()


def test_paths_are_written_down_so_that_no_byte_of_theirs_ends_them() -> None:
    assert quoted('a"b\\c\nd\x00\udcffé') == rb'"a\042b\134c\012d\000\377\303\251"'
    assert not hostile("a/.gitignore")
    assert not hostile(".github/workflows/x.yml")
    assert not hostile("a/git~2")
    assert hostile("a/.git/hooks/post-commit")
    assert hostile("x\\..\\y")
    assert hostile(".git::$INDEX_ALLOCATION/x")
