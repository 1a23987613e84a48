"""Folders with the files of a commit, which go from job to job."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordinator.errors import GitError
from coordinator.git import Contribution, Identity
from coordinator.work.trees import Trees

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.work.trees import Tree

NAMES = ("a", "b", "c/d", "c/e", "f/g/h", ".hidden")


@pytest.fixture
def trees(hub: Repository, tmp_path: Path) -> Trees:
    folder = tmp_path / "trees"
    folder.mkdir()
    return Trees(hub, folder, kept=2)


def commit(hub: Repository, **files: bytes | None) -> str:
    return hub.contribute(Contribution(hub.head() or "", files, "m", Identity("a", "b")))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def damage(tree: Tree, deeds: list[tuple[str, str]]) -> None:
    """Does to a folder what an agent may do to it."""
    for name, deed in deeds:
        path = tree.folder / name
        if deed == "remove" and (path.is_file() or path.is_symlink()):
            path.unlink()
        elif deed == "write" and not path.is_dir() and not any(each.is_file() for each in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"otherwise\n")
        elif deed == "same size" and path.is_file():
            before = path.stat()
            path.write_bytes(b"x" * before.st_size)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif deed == "folder" and not path.exists() and not any(each.is_file() for each in path.parents):
            (path / "deep").mkdir(parents=True)
        elif deed == "repository" and not any(each.is_file() for each in (path, *path.parents)):
            (path / ".git" / "objects").mkdir(parents=True, exist_ok=True)
            (path / ".git" / "refs").mkdir(exist_ok=True)
            (path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        elif deed == "link" and path.is_file():
            path.unlink()
            path.symlink_to("/etc/passwd")


@given(
    first=st.sets(st.sampled_from(NAMES)),
    second=st.sets(st.sampled_from(NAMES)),
    deeds=st.lists(
        st.tuples(
            st.sampled_from((*NAMES, "README", "new", "c/new", "c", ".")),
            st.sampled_from(("remove", "write", "same size", "folder", "link", "repository")),
        ),
        max_size=6,
    ),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_done_to_a_tree_the_next_job_finds_its_commit_and_nothing_else(
    hub: Repository, trees: Trees, first: set[str], second: set[str], deeds: list[tuple[str, str]]
) -> None:
    before = commit(hub, **{name: b"one %s\n" % name.encode() for name in first})
    after = commit(hub, **{name: b"two %s\n" % name.encode() for name in second})
    with trees.lend(before) as tree:
        damage(tree, deeds)
    for head, names, word in ((after, second, "two"), (before, first, "one")):
        with trees.lend(head) as tree:
            expected = {name: f"{word} {name}\n".encode() for name in names} | {"README": b"hello\n"}
            assert files_of(tree.folder) == expected
            assert not [path for path in tree.folder.rglob("*") if path.is_symlink()]
            assert trees.write(tree) == hub.write_tree(tree.folder)


def test_what_a_job_wrote_is_what_is_stored(hub: Repository, trees: Trees) -> None:
    with trees.lend(hub.head() or "") as tree:
        (tree.folder / "README").write_text("other\n")
        (tree.folder / ".gitignore").write_text("*\n")
        (tree.folder / "deep").mkdir()
        (tree.folder / "deep" / "ignored").write_text("kept all the same\n")
        head = hub.commit(trees.write(tree), [hub.head() or ""], "m")
    assert {path: hub.read(head, path) for path in hub.blobs(head)} == {
        "README": b"other\n",
        ".gitignore": b"*\n",
        "deep/ignored": b"kept all the same\n",
    }


def test_jobs_at_once_never_share_a_folder_and_few_folders_are_kept(
    hub: Repository, trees: Trees, tmp_path: Path
) -> None:
    heads = [commit(hub, **{f"{number}": b"%d" % number}) for number in range(6)]

    def work(number: int) -> None:
        with trees.lend(heads[number % 6]) as tree:
            mine = tree.folder / "mine"
            assert not mine.exists()
            mine.write_text(str(number))
            assert set(files_of(tree.folder)) == {"README", "mine", str(number % 6)}
            assert mine.read_text() == str(number)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(30)))
    assert len(list((tmp_path / "trees").iterdir())) <= 2


def test_a_tree_that_cannot_be_undone_is_given_up(
    hub: Repository, trees: Trees, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = hub.head() or ""
    with trees.lend(head) as tree:
        first = tree.folder
    bring = hub.bring

    def fail_there(commit: str, folder: Path, index: Path) -> None:
        if folder == first:
            raise GitError("something in it is in the way")
        bring(commit, folder, index)

    monkeypatch.setattr(hub, "bring", fail_there)
    with trees.lend(head) as tree:
        assert tree.folder != first
        assert files_of(tree.folder) == {"README": b"hello\n"}
    assert not first.exists()
    with pytest.raises(GitError), trees.lend("0" * 40):
        pass
