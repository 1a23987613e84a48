"""One ``git fast-import`` that is kept running, and started again when it dies: it writes commits, never a ref."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from coordinator.errors import GitDied
from coordinator.git.identity import BLUEPROVER, Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coordinator.git.conversation import Conversation
    from coordinator.git.runner import Runner

_SCRATCH = b"refs/heads/scratch"
"""What the process calls the branch it works on. It is reset before anything is stored, so that it never exists."""
_RECYCLED_AFTER = 10_000
"""Commits after which the process is replaced, for it remembers every object it wrote."""


class FastImport:
    """Writes commits without a process for each. Used by several threads, they take turns."""

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

    def write(self, commits: Iterable[bytes]) -> list[str]:
        """Stores commits, each as `opening` begins it, and returns their names. Nothing refers to them yet.

        Raises:
            GitError: git refuses one of them, or took too long.
        """
        several = list(commits)
        if not several:
            return []
        words = b"".join([*several, *_storing(len(several))])
        with self._lock:
            try:
                return self._ask(words, len(several))
            except GitDied:  # once more with another process: objects that were written already do no harm
                return self._ask(words, len(several))

    def close(self) -> None:
        """Ends the process in good order. Whoever writes again starts another."""
        with self._lock:
            self._hang_up()

    def _ask(self, words: bytes, count: int) -> list[str]:
        if self._talk is None or not self._talk.alive or self._written >= _RECYCLED_AFTER:
            self._hang_up()
            # With --done, input that breaks off (the owner was killed) ends in an error, not in half a branch.
            self._talk = self._runner.converse(
                "fast-import", "--quiet", "--date-format=raw", "--done", farewell=b"done\n"
            )
            self._written = 0
        try:
            self._talk.say(words)
            names = [self._talk.line().decode() for _ in range(count)]
        except BaseException:
            self._hang_up()
            raise
        self._written += count
        return names

    def _hang_up(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.close()


def opening(mark: int, author: Identity, message: str, when: int) -> bytes:
    """The head of the commit that is the `mark`-th of those written at once, counted from 1. Its parents follow."""
    text = message.replace("\0", "").encode("utf-8", "replace")
    people = f"author {author.on_one_line()} {when} +0000\ncommitter {BLUEPROVER.on_one_line()} {when} +0000\n"
    return b"commit %s\nmark :%d\n%sdata %d\n%s\n" % (
        _SCRATCH,
        mark,
        people.encode("utf-8", "replace"),
        len(text),
        text,
    )


def _storing(count: int) -> Iterator[bytes]:
    """Names are asked for after the checkpoint: once they are told, the commits are stored."""
    yield b"reset " + _SCRATCH + b"\n\ncheckpoint\n\n"
    for mark in range(1, count + 1):
        yield b"get-mark :%d\n" % mark
