"""Writing commits through one ``git fast-import`` that is kept running, and started again when it dies."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitDied
from coordinator.git.identity import BLUEPROVER, Identity
from coordinator.git.paths import quoted
from coordinator.git.refs import checked_oid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coordinator.git.changes import Changes
    from coordinator.git.conversation import Conversation
    from coordinator.git.runner import Runner

_SCRATCH = b"refs/heads/scratch"
"""What the importer calls the branch it works on. It is reset before anything is stored, so that it never exists."""
_RECYCLED_AFTER = 10_000
"""Commits after which the process is replaced, for it remembers every object it wrote."""


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be written: changes on top of the commit before it, and a second parent."""

    changes: Changes
    merged: str
    message: str
    author: Identity


class Importer:
    """Writes commits without a process for each. May be used by several threads; they take turns."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._talk: Conversation | None = None
        self._written = 0

    @property
    def pid(self) -> int | None:
        """The process that is kept running, if one is."""
        talk = self._talk
        return talk.pid if talk is not None and talk.alive else None

    def write(self, tip: str, commits: Sequence[NewCommit], when: int) -> list[str]:
        """Writes commits one on top of the other, the first on `tip`, and returns their names. No ref moves.

        Args:
            tip: the first parent of the first commit.
            commits: the changes, which must fit.
            when: the date of all of them, in seconds since 1970.

        Raises:
            GitError: git refuses a commit, or took too long.
        """
        if not commits:
            return []
        words = b"".join(_stream(checked_oid(tip), commits, when))
        with self._lock:
            try:
                return self._ask(words, len(commits))
            except GitDied:  # once more with another process: objects that were written already do no harm
                return self._ask(words, len(commits))

    def close(self) -> None:
        """Ends the process in good order. Whoever writes again starts another."""
        with self._lock:
            talk, self._talk = self._talk, None
            if talk is not None:
                talk.close()

    def _ask(self, words: bytes, count: int) -> list[str]:
        talk = self._process()
        try:
            talk.say(words)
            names = [talk.line().decode() for _ in range(count)]
        except BaseException:
            talk.close()
            self._talk = None
            raise
        self._written += count
        return names

    def _process(self) -> Conversation:
        if self._talk is not None and self._written >= _RECYCLED_AFTER:
            self._talk.close()
        if self._talk is None or not self._talk.alive:
            if self._talk is not None:
                self._talk.close()
            # With --done, input that breaks off (the owner was killed) ends in an error, not in half a branch.
            self._talk = self._runner.converse(
                "fast-import", "--quiet", "--date-format=raw", "--done", farewell=b"done\n"
            )
            self._written = 0
        return self._talk


def _stream(tip: str, commits: Sequence[NewCommit], when: int) -> Iterator[bytes]:
    """All of a batch. Names are asked for after the checkpoint: once they are told, the commits are stored."""
    before = tip
    for number, commit in enumerate(commits, start=1):
        yield from _commit(commit, number, before, when)
        before = f":{number}"
    yield b"reset " + _SCRATCH + b"\n\ncheckpoint\n\n"
    for number in range(1, len(commits) + 1):
        yield b"get-mark :%d\n" % number


def _commit(commit: NewCommit, mark: int, before: str, when: int) -> Iterator[bytes]:
    message = commit.message.replace("\0", "").encode("utf-8", "replace")
    yield b"commit %s\nmark :%d\n" % (_SCRATCH, mark)
    yield f"author {commit.author.on_one_line()} {when} +0000\n".encode("utf-8", "replace")
    yield f"committer {BLUEPROVER.on_one_line()} {when} +0000\n".encode()
    yield b"data %d\n%s\n" % (len(message), message)
    yield f"from {before}\nmerge {checked_oid(commit.merged)}\n".encode()
    for change in commit.changes:
        if change.after is None:
            yield b"D " + quoted(change.path) + b"\n"
    for change in commit.changes:
        if change.after is not None:
            yield f"M {change.after.mode} {change.after.oid} ".encode() + quoted(change.path) + b"\n"
    yield b"\n"
