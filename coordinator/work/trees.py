"""Trees of a worker: folders with the files of a commit, which go from job to job, so that few files are written.

A commit of a library with thousands of modules takes git a good part of a second to write out. From one commit of
``main`` to the next little changes, and what a job did in its folder is undone by git, which knows every file it wrote.
"""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.git import Repository


@dataclass
class Tree:
    """A folder that holds the files of a commit, and is one job's alone.

    Attributes:
        folder: where they are.
        commit: which.
    """

    folder: Path
    index: Path
    commit: str = ""


class Trees:
    """Lends trees out. Safe for many threads.

    Args:
        repository: whose commits; it must hold those that are asked for.
        folder: where the trees are, an existing one.
        kept: trees that are kept when nobody has them; more are removed.
    """

    def __init__(self, repository: Repository, folder: Path, kept: int) -> None:
        self._repository = repository
        self._folder = folder
        self._kept = kept
        self._idle: list[Tree] = []
        self._guard = threading.Lock()
        self._numbers = itertools.count(1)

    @contextmanager
    def lend(self, commit: str) -> Iterator[Tree]:
        """A tree of `commit`, for as long as the context lasts; whatever is done to its files is undone afterwards.

        Raises:
            GitError: the repository does not hold the commit, or git fails.
        """
        tree = self._ready(commit)
        try:
            yield tree
        finally:
            self._take_back(tree)

    def write(self, tree: Tree) -> str:
        """Stores the files of a tree as they are now and returns git's name of them.

        Raises:
            GitError: git fails.
        """
        return self._repository.write_brought(tree.folder, tree.index)

    def _ready(self, commit: str) -> Tree:
        """A tree brought to `commit`: an idle one if it can be, a new one otherwise."""
        tree = self._pick(commit)
        if tree is not None:
            try:
                return self._bring(tree, commit)
            except GitError:  # something in it cannot be undone, such as a folder that nobody may enter
                _remove(tree)
        place = self._folder / str(next(self._numbers))
        (place / "files").mkdir(parents=True)
        made = Tree(place / "files", place / "index")
        try:
            return self._bring(made, commit)
        except GitError:
            _remove(made)
            raise

    def _bring(self, tree: Tree, commit: str) -> Tree:
        _remove_repositories(tree.folder)
        self._repository.bring(commit, tree.folder, tree.index)
        tree.commit = commit
        return tree

    def _pick(self, commit: str) -> Tree | None:
        """An idle tree, one of the same commit if there is one, else the one used last."""
        with self._guard:
            if not self._idle:
                return None
            same = (at for at, tree in enumerate(self._idle) if tree.commit == commit)
            return self._idle.pop(next(same, -1))

    def _take_back(self, tree: Tree) -> None:
        with self._guard:
            if len(self._idle) < self._kept:
                self._idle.append(tree)
                return
        _remove(tree)


def _remove_repositories(folder: Path) -> None:
    """Removes what looks like a repository of its own, which git never touches, and no commit holds."""
    for parent, folders, files in os.walk(folder):
        for name in [name for name in (*folders, *files) if name.casefold() == ".git"]:
            path = Path(parent, name)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        folders[:] = [name for name in folders if name.casefold() != ".git"]


def _remove(tree: Tree) -> None:
    shutil.rmtree(tree.folder.parent, ignore_errors=True)
