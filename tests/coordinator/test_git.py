from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.errors import GitError, RefMoved
from coordinator.git import MAIN, Repository, git_version, work_tree_of
from tests.support.repositories import commit_files, join

if TYPE_CHECKING:
    from pathlib import Path


def test_a_tree_survives_the_way_into_git_and_back(hub: Repository, tmp_path: Path) -> None:
    files = {"A/Ünï.lean": "theorem\r\n", ".gitignore": "*\n", "deep/er/x": ""}
    made = commit_files(hub, tmp_path, files)
    hub.export(made, tmp_path / "back")
    assert {path: (tmp_path / "back" / path).read_bytes().decode() for path in files} == files
    assert set(hub.blobs(made)) == set(files)
    assert hub.read(made, "A/Ünï.lean") == b"theorem\r\n"
    assert hub.read(made, "missing") is None


def test_disjoint_branches_merge_and_one_file_on_both_sides_conflicts(hub: Repository, tmp_path: Path) -> None:
    base = hub.head()
    assert base is not None
    left = commit_files(hub, tmp_path, {"a": "1\n"}, parent=base)
    right = commit_files(hub, tmp_path, {"b": "2\n"}, parent=base)
    clash = commit_files(hub, tmp_path, {"a": "3\n"}, parent=base)
    merge = join(hub, left, right)
    assert merge.clean
    assert set(hub.blobs(hub.commit(merge.tree, [left, right], "joined"))) == {"README", "a", "b"}
    assert join(hub, left, clash).conflicts == ("a",)


def test_main_moves_by_compare_and_set_only(hub: Repository, tmp_path: Path) -> None:
    first = hub.head()
    assert first is not None
    second = commit_files(hub, tmp_path, {"a": "1"}, parent=first)
    third = commit_files(hub, tmp_path, {"a": "2"}, parent=first)
    hub.move(MAIN, second, first)
    with pytest.raises(RefMoved):
        hub.move(MAIN, third, first)
    assert hub.head() == second
    with pytest.raises(GitError, match="compare-and-set"):
        hub.put(MAIN, third)


@pytest.mark.parametrize(
    "ref", ["refs/heads/../x", "refs/heads/a..b", "main", "refs/attempts/-x", "refs/attempts/x.lock"]
)
def test_a_ref_that_could_mean_something_else_is_refused(hub: Repository, ref: str) -> None:
    head = hub.head()
    assert head is not None
    with pytest.raises(GitError, match="no ref"):
        hub.put(ref, head)


@pytest.mark.parametrize("oid", ["--output=x", "HEAD", "", "0" * 39])
def test_an_object_name_that_could_be_an_option_is_refused(hub: Repository, oid: str) -> None:
    with pytest.raises(GitError, match="no git object name"):
        hub.export(oid, hub.path / "out")


def test_a_branch_travels_to_a_remote_and_a_commit_back(hub: Repository, tmp_path: Path) -> None:
    mirror = Repository.create(tmp_path / "mirror.git")
    head = hub.head()
    assert head is not None
    mirror.fetch(str(hub.path), [head])
    mine = commit_files(mirror, tmp_path, {"x": "y"}, parent=head)
    assert mirror.push_all(str(hub.path), [(mine, "refs/attempts/node-1/1")]) == [None]
    assert hub.head("refs/attempts/node-1/1") == mine
    assert hub.is_ancestor(head, mine)
    assert not hub.is_ancestor(mine, head)


def test_a_remote_that_is_away_is_one_clear_error(hub: Repository, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="fetch failed"):
        hub.fetch(str(tmp_path / "nowhere"), ["1" * 40])


def test_hooks_of_a_hub_never_run(hub: Repository) -> None:
    hook = hub.path / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    head = hub.head()
    assert head is not None
    hub.put("refs/candidates/1", head)
    assert hub.head("refs/candidates/1") == head


def test_a_symlink_is_stored_as_one_and_never_followed(hub: Repository, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "passwd").symlink_to("/etc/passwd")
    made = hub.commit(hub.write_tree(folder), [], "link")
    assert hub.read(made, "passwd") == b"/etc/passwd"


def test_the_diff_is_cut_where_asked(hub: Repository, tmp_path: Path) -> None:
    head = hub.head()
    assert head is not None
    big = commit_files(hub, tmp_path, {"a": "line\n" * 1000}, parent=head)
    assert "+line" in hub.diff(head, big)
    assert len(hub.diff(head, big, limit=100)) < 200


def test_the_installed_git_is_new_enough_and_a_work_tree_is_found(tmp_path: Path) -> None:
    assert git_version() >= (2, 38)
    assert work_tree_of(tmp_path) is None


def test_a_submodule_that_nobody_touched_is_in_the_tree_again(hub: Repository, tmp_path: Path) -> None:
    head = hub.head()
    assert head is not None
    index = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    hub._run("read-tree", head, environment=index)
    hub._run("update-index", "--add", "--cacheinfo", f"160000,{head},deps/other", environment=index)
    base = hub.commit(hub._run("write-tree", environment=index), [head], "with a submodule")
    hub.export(base, tmp_path / "work")
    (tmp_path / "work" / "new").write_text("new\n")
    (tmp_path / "work" / "README").unlink()
    files = hub.blobs(hub.commit(hub.write_tree(tmp_path / "work", base), [base], "an attempt"))
    assert set(files) == {"new", "deps/other"}
    assert files["deps/other"] == head


def test_a_message_may_hold_what_git_refuses(hub: Repository) -> None:
    head = hub.head()
    assert head is not None
    tree = hub._objects.tree_of(head)
    assert hub.message(hub.commit(tree, [head], "one\0two")) == "onetwo"
