"""Made-up repositories with many files and many branches, written by one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.git import Branch, Repository, Trailers, attempt_ref
from coordinator.git.paths import quoted
from coordinator.git.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coordinator.git import Entry

_SCRATCH = b"refs/heads/made-up"
_DATE = 1_800_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit to be made up.

    Attributes:
        parents: commits, or numbers of earlier drafts. What the commit does not change is as in the first.
        files: by path the new content, or another entry, or ``None`` for a file that goes.
    """

    parents: tuple[str | int, ...]
    files: Mapping[str, bytes | Entry | None]


def write_drafts(repository: Repository, drafts: Sequence[Draft]) -> list[str]:
    """Makes commits up and returns them in order. No ref moves."""
    stream = b"".join(_stream(drafts))
    runner = Runner(repository.path)
    return runner.run("fast-import", "--quiet", "--date-format=raw", "--done", given=stream).text.split()


def attempts(repository: Repository, drafts: Sequence[Draft], base: str) -> list[Branch]:
    """Makes branches up that begin from `base`, each with its ref."""
    heads = write_drafts(repository, drafts)
    branches = [
        Branch(base, head, _message(number), refs=((attempt_ref(f"node-{number}-{head[:8]}", 1), head),))
        for number, head in enumerate(heads)
    ]
    repository.put_all([ref for branch in branches for ref in branch.refs])
    return branches


def module_file(number: int) -> str:
    """Where the module of a node is."""
    return f"Book/Chapter{number // 60}/Node{number}.lean"


def module_text(number: int, *, proof: str = "sorry", note: str = "") -> bytes:
    """A module of a kilobyte or so, with a proof at its end; a note goes far above it."""
    above = "".join(f"/-- What step {step} of {number} is for. -/\n" for step in range(20))
    text = f"module\n\nnamespace Book.Node{number}\n\n-- {note}\n\n{above}\npublic theorem holds : Claim := {proof}\n"
    return text.encode()


def _message(number: int) -> str:
    trailers = Trailers(f"node:{number}", f"{number}/1", ("reader 1", "reader 2"), (), "$0.0123")
    return trailers.onto(f"Land proof of node:{number}")


def _stream(drafts: Sequence[Draft]) -> Iterator[bytes]:
    for mark, draft in enumerate(drafts, start=1):
        yield b"reset %s\n\ncommit %s\nmark :%d\n" % (_SCRATCH, _SCRATCH, mark)
        yield f"committer agent <agent@blueprover.invalid> {_DATE} +0000\ndata 7\nmade up\n".encode()
        for word, parent in zip(("from", *["merge"] * len(draft.parents)), draft.parents, strict=False):
            yield f"{word} {parent if isinstance(parent, str) else f':{parent + 1}'}\n".encode()
        for path, content in draft.files.items():
            yield from _file(path, content)
        yield b"\n"
    yield b"reset %s\n\ncheckpoint\n\n" % _SCRATCH
    yield from (b"get-mark :%d\n" % mark for mark in range(1, len(drafts) + 1))
    yield b"done\n"


def _file(path: str, content: bytes | Entry | None) -> Iterator[bytes]:
    if content is None:
        yield b"D %s\n" % quoted(path)
    elif isinstance(content, bytes):
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (quoted(path), len(content), content)
    else:
        yield b"M %s %s %s\n" % (content.mode.encode(), content.oid.encode(), quoted(path))
