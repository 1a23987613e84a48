"""Landings as commits: the changes of branches, one on top of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.git.fast_import import FastImport, opening
from coordinator.git.names import checked_oid
from coordinator.git.paths import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coordinator.git.changes import Changes
    from coordinator.git.identity import Identity
    from coordinator.git.runner import Runner


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be written: changes on top of the commit before it, and a second parent."""

    changes: Changes
    merged: str
    message: str
    author: Identity


class Importer:
    """Writes landings without a process for each. May be used by several threads; they take turns."""

    def __init__(self, runner: Runner) -> None:
        self._writer = FastImport(runner)

    @property
    def pid(self) -> int | None:
        """The process that is kept running, if one is."""
        return self._writer.pid

    def write(self, tip: str, commits: Sequence[NewCommit], when: int) -> list[str]:
        """Writes commits one on top of the other, the first on `tip`, and returns their names. No ref moves.

        Args:
            tip: the first parent of the first commit.
            commits: the changes, which must fit.
            when: the date of all of them, in seconds since 1970.

        Raises:
            GitError: git refuses a commit, or took too long.
        """
        parents = [checked_oid(tip), *(f":{mark}" for mark in range(1, len(commits)))]
        return self._writer.write(
            b"".join(_words(commit, mark, parent, when))
            for mark, (commit, parent) in enumerate(zip(commits, parents, strict=False), start=1)
        )

    def close(self) -> None:
        """Ends the process in good order. Whoever writes again starts another."""
        self._writer.close()


def _words(commit: NewCommit, mark: int, parent: str, when: int) -> Iterator[bytes]:
    yield opening(mark, commit.author, commit.message, when)
    yield f"from {parent}\nmerge {checked_oid(commit.merged)}\n".encode()
    for change in commit.changes:
        if change.after is None:
            yield b"D " + quoted(change.path) + b"\n"
    for change in commit.changes:
        if change.after is not None:
            yield f"M {change.after.mode} {change.after.oid} ".encode() + quoted(change.path) + b"\n"
    yield b"\n"
