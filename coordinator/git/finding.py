"""Which repository a folder belongs to."""

from __future__ import annotations

from pathlib import Path

from coordinator.git.repository import Repository
from coordinator.git.runner import Runner


def work_tree_of(folder: Path) -> Path | None:
    """The git work tree `folder` is in, or ``None``.

    Raises:
        GitError: git is not installed.
    """
    answer = Runner(folder, discover=True).attempt("rev-parse", "--show-toplevel")
    return Path(answer.text) if answer.status == 0 and answer.text else None


def repository_of(folder: Path) -> Repository | None:
    """The repository whose work tree's top, or whose bare folder, `folder` is; ``None`` where it is neither.

    Raises:
        GitError: git is not installed.
    """
    place = folder / ".git" if (folder / ".git").exists() else folder
    answer = Runner(place).attempt("rev-parse", "--absolute-git-dir")
    return Repository(Path(answer.text)) if answer.status == 0 and answer.text else None
