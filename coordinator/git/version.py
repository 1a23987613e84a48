"""Which git is installed, and whether it will do."""

from __future__ import annotations

import re
from pathlib import Path

from coordinator.errors import GitError
from coordinator.git.runner import Runner

OLDEST_GIT = (2, 38)
"""``merge-tree --write-tree`` and ``cat-file -z`` came with this version."""


def git_version() -> tuple[int, ...]:
    """The version of the installed git.

    Raises:
        GitError: there is no git.
    """
    return read_version(Runner(Path(), discover=True).run("--version").text)


def read_version(text: str) -> tuple[int, ...]:
    """The numbers in what ``git --version`` prints."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def require_git() -> None:
    """Refuses a git that is missing or too old.

    Raises:
        GitError: with the version found and the one needed.
    """
    require_version(git_version())


def require_version(version: tuple[int, ...]) -> None:
    """Refuses a version that is too old.

    Raises:
        GitError: with the version found and the one needed.
    """
    if version < OLDEST_GIT:
        found, needed = (".".join(map(str, each)) for each in (version, OLDEST_GIT))
        raise GitError(f"git {found} is too old, for it cannot merge in memory; install git {needed} or later.")
