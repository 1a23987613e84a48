"""Commits of agents: each its own branch with a few files over a base, those of many agents through one process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitDied, GitError
from coordinator.gathering import Gathering
from coordinator.git.identity import BLUEPROVER, Identity
from coordinator.git.paths import hostile, quoted
from coordinator.git.refs import MAIN, checked_oid, checked_ref, put_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coordinator.git.conversation import Conversation
    from coordinator.git.runner import Runner

_SCRATCH = b"refs/heads/authors"
"""What the process calls the branch it works on. It is reset before anything is stored, so that it never exists."""
_RECYCLED_AFTER = 5_000
"""Commits after which the process is replaced, for it remembers every object it wrote."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """A commit to be made: what `base` holds, with `files` over it; ``None`` for a file that is removed.

    Attributes:
        ref: the branch that is set to it, whatever it holds; empty for none.
    """

    base: str
    files: Mapping[str, bytes | None]
    message: str
    author: Identity
    ref: str = ""


class Authors:
    """Writes the commits of many agents, without a process for each. Safe for many threads, whose work is gathered."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._guard = threading.Lock()
        self._talk: Conversation | None = None
        self._written = 0
        self._gathering: Gathering[Contribution, str | GitError] = Gathering(self._grant)

    @property
    def pid(self) -> int | None:
        """The process that is kept running, if one is."""
        talk = self._talk
        return talk.pid if talk is not None and talk.alive else None

    def commit(self, contribution: Contribution) -> str:
        """Stores a commit, sets its branch and returns its name.

        Raises:
            GitError: a path could leave the tree, the base is missing, git refuses the branch or took too long.
        """
        checked_oid(contribution.base)
        if contribution.ref and checked_ref(contribution.ref) == MAIN:
            raise GitError("main moves by compare-and-set only.")
        bad = [path for path in contribution.files if hostile(path)]
        if bad:
            raise GitError(f"{bad[0]!r} is no path a commit may hold.")
        answer = self._gathering.wish(contribution)
        if isinstance(answer, GitError):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the process. Whoever commits again starts another."""
        with self._guard:
            self._hang_up()

    def _grant(self, contributions: Sequence[Contribution]) -> list[str | GitError]:
        """Writes all at once or, where one of them stops git, each for itself."""
        try:
            return [*self._write(contributions)]
        except GitError as error:
            if len(contributions) == 1:
                return [error]
        return [answer for each in contributions for answer in self._grant([each])]

    def _write(self, contributions: Sequence[Contribution]) -> list[str]:
        words = b"".join(_stream(contributions, int(time.time())))
        with self._guard:
            try:
                names = self._ask(words, len(contributions))
            except GitDied:  # once more with another process: objects that were written already do no harm
                names = self._ask(words, len(contributions))
        branches = [(each.ref, name) for each, name in zip(contributions, names, strict=True) if each.ref]
        put_all(self._runner, branches)
        return names

    def _ask(self, words: bytes, count: int) -> list[str]:
        if self._talk is None or not self._talk.alive or self._written >= _RECYCLED_AFTER:
            self._hang_up()
            self._talk = self._runner.converse("fast-import", "--quiet", "--date-format=raw", "--done")
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
        if self._talk is not None:
            self._talk.close()
            self._talk = None


def _stream(contributions: Sequence[Contribution], when: int) -> Iterator[bytes]:
    """All of a lot. Names are asked for after the checkpoint: once they are told, the commits are stored."""
    for mark, contribution in enumerate(contributions, start=1):
        message = contribution.message.replace("\0", "").encode("utf-8", "replace")
        yield b"commit %s\nmark :%d\n" % (_SCRATCH, mark)
        yield f"author {contribution.author.on_one_line()} {when} +0000\n".encode("utf-8", "replace")
        yield f"committer {BLUEPROVER.on_one_line()} {when} +0000\n".encode()
        yield b"data %d\n%s\nfrom %s\n" % (len(message), message, contribution.base.encode())
        for path, content in contribution.files.items():
            if content is None:
                yield b"D " + quoted(path) + b"\n"
        for path, content in contribution.files.items():
            if content is not None:
                yield b"M 100644 inline " + quoted(path) + b"\ndata %d\n%s\n" % (len(content), content)
        yield b"\n"
    yield b"reset " + _SCRATCH + b"\n\ncheckpoint\n\n"
    for mark in range(1, len(contributions) + 1):
        yield b"get-mark :%d\n" % mark
