"""Reading objects through one ``git cat-file`` that is kept running, and started again when it dies."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitDied, GitError
from coordinator.git.names import checked_oid, checked_ref, is_oid
from coordinator.git.paths import hostile
from coordinator.git.remembering import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from coordinator.git.conversation import Conversation
    from coordinator.git.runner import Runner

    Answer = TypeVar("Answer")

MOST_BYTES = 256 << 20
"""No object is read that is larger, unless asked for."""
_LARGEST_COMMIT = 1 << 20
_TOGETHER = 256
_REMEMBERED = 4_096
_LARGEST_REMEMBERED = 4_096
_KIND = re.compile(r"([0-9a-f]{40}) (blob|tree|commit|tag) ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Kind:
    """What an object is: ``blob``, ``tree``, ``commit`` or ``tag``, with its name and its size in bytes."""

    oid: str
    kind: str
    size: int


class Objects:
    """The objects of a repository. May be used by several threads; they take turns."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._talk: Conversation | None = None
        self._commits: Remembered[str, bytes | None] = Remembered(
            _REMEMBERED, lambda content: content is not None and len(content) <= _LARGEST_REMEMBERED
        )
        self._digests: Remembered[str, str] = Remembered(_REMEMBERED, bool)

    @property
    def pid(self) -> int | None:
        """The process that is kept running, if one is."""
        talk = self._talk
        return talk.pid if talk is not None and talk.alive else None

    def kinds(self, oids: Sequence[str]) -> list[Kind | None]:
        """What objects are; ``None`` for those that are missing."""
        return self._kinds([checked_oid(oid) for oid in oids])

    def at(self, commit: str, path: str) -> Kind | None:
        """What stands at a path of a commit, or ``None``."""
        return None if hostile(path) else self._kinds([f"{checked_oid(commit)}:{path}"])[0]

    def commit_at(self, ref: str) -> str | None:
        """The commit a ref or object name holds, or ``None``."""
        found = self._kinds([f"{ref if is_oid(ref) else checked_ref(ref)}^{{commit}}"])[0]
        return found.oid if found is not None else None

    def tree_of(self, commit: str) -> str:
        """The tree of a commit.

        Raises:
            GitError: there is no such commit.
        """
        found = self._kinds([f"{checked_oid(commit)}^{{tree}}"])[0]
        if found is None:
            raise GitError(f"{self._runner.path} holds no commit {commit[:10]}.")
        return found.oid

    def content(self, kind: Kind, limit: int = MOST_BYTES) -> bytes:
        """An object's content.

        Raises:
            GitError: it is larger than `limit` bytes.
        """
        return self._contents([self._within(kind, limit)])[0]

    def commits(self, oids: Sequence[str]) -> list[bytes | None]:
        """The content of commits; ``None`` for what is missing, no commit, or unreasonably large."""
        return self._commits.ask(oids, self._read_commits)

    def blobs(self, oids: Sequence[str], limit: int) -> list[bytes]:
        """Files' contents.

        Raises:
            GitError: one is no file, or has more than `limit` bytes.
        """
        files: list[Kind] = []
        for oid, kind in zip(oids, self.kinds(oids), strict=True):
            if kind is None or kind.kind != "blob":
                raise GitError(f"{self._runner.path} holds no file {oid[:10]}.")
            files.append(self._within(kind, limit))
        return self._contents(files)

    def digests(self, oids: Sequence[str]) -> list[str]:
        """SHA-256 of files' contents, in hexadecimal.

        Raises:
            GitError: one is no file, or larger than any that is read.
        """
        return self._digests.ask(oids, self._digest)

    def close(self) -> None:
        """Ends the process. Whoever reads again starts another."""
        with self._lock:
            self._hang_up()

    def _within(self, kind: Kind, limit: int) -> Kind:
        if kind.size > limit:
            raise GitError(f"{kind.kind} {kind.oid[:10]} in {self._runner.path} has more than {limit} bytes.")
        return kind

    def _read_commits(self, oids: Sequence[str]) -> list[bytes | None]:
        kinds = [
            kind if kind is not None and kind.kind == "commit" and kind.size <= _LARGEST_COMMIT else None
            for kind in self.kinds(oids)
        ]
        contents = iter(self._contents([kind for kind in kinds if kind is not None]))
        return [next(contents) if kind is not None else None for kind in kinds]

    def _digest(self, oids: Sequence[str]) -> list[str]:
        return [hashlib.sha256(content).hexdigest() for content in self.blobs(oids, MOST_BYTES)]

    def _kinds(self, names: Sequence[str]) -> list[Kind | None]:
        requests = [name.encode("utf-8", "surrogateescape") for name in names]
        return self._ask(b"info ", requests, _read_kind)

    def _contents(self, kinds: Sequence[Kind]) -> list[bytes]:
        return self._ask(b"contents ", [kind.oid.encode() for kind in kinds], _read_content)

    def _ask(
        self, command: bytes, requests: list[bytes], read: Callable[[Conversation, bytes], Answer]
    ) -> list[Answer]:
        answers: list[Answer] = []
        with self._lock:
            while len(answers) < len(requests):
                some = requests[len(answers) : len(answers) + _TOGETHER]
                words = b"".join(command + request + b"\0" for request in some)
                try:
                    answers += self._answers(words, some, read)
                except GitDied:  # once more with another process: what was asked changes nothing
                    answers += self._answers(words, some, read)
        return answers

    def _answers(
        self, words: bytes, requests: list[bytes], read: Callable[[Conversation, bytes], Answer]
    ) -> list[Answer]:
        if self._talk is None or not self._talk.alive:
            self._hang_up()
            self._talk = self._runner.converse("cat-file", "--batch-command", "-z", farewell=b"")
        talk = self._talk
        try:
            talk.say(words)
            return [read(talk, request) for request in requests]
        except BaseException:
            # Whatever interrupted it, answers may be left that nobody would read.
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None


def _read_kind(talk: Conversation, request: bytes) -> Kind | None:
    """One answer. A missing object is told by repeating the request, whose path may hold ends of lines."""
    line = talk.line()
    kind = _parse_kind(line)
    if kind is None and line.startswith(request.split(b"\n", 1)[0]):
        for _ in range(request.count(b"\n")):
            talk.line()
    return kind


def _parse_kind(line: bytes) -> Kind | None:
    match = _KIND.fullmatch(line.decode("latin-1"))
    return Kind(match[1], match[2], int(match[3])) if match else None


def _read_content(talk: Conversation, request: bytes) -> bytes:
    kind = _parse_kind(talk.line())
    if kind is None or kind.oid != request.decode():
        raise GitError(f"git has lost the object {request.decode()[:10]}.")
    content = talk.take(kind.size)
    talk.take(1)
    return content
