"""What one commit changed against another, path by path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.names import checked_oid
from coordinator.git.paths import decoded
from coordinator.git.remembering import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coordinator.git.runner import Runner

_NO_MODE = "000000"
_SUBMODULE = "160000"
_REMEMBERED = 8_192
_MOST_REMEMBERED_PATHS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path: a file, a symbolic link or another repository's commit, by its mode and object."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether it has content: a file or a symbolic link."""
        return self.mode != _SUBMODULE


@dataclass(frozen=True, slots=True)
class Change:
    """What stood at a path before and what stands there now; ``None`` for nothing."""

    path: str
    before: Entry | None
    after: Entry | None


Changes = tuple[Change, ...]


class Comparisons:
    """What commits of a repository changed against others, remembered for a while. May be used by several threads."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._remembered: Remembered[tuple[str, str], Changes] = Remembered(
            _REMEMBERED, lambda changes: len(changes) <= _MOST_REMEMBERED_PATHS
        )

    def of(self, pairs: Sequence[tuple[str, str]]) -> list[Changes]:
        """What each second commit changed against the first of its pair, by at most one process.

        Raises:
            GitError: a commit is missing.
        """
        return self._remembered.ask(pairs, self._compare)

    def _compare(self, pairs: Sequence[tuple[str, str]]) -> list[Changes]:
        return _changes(self._runner, pairs, [f"{checked_oid(head)} {checked_oid(base)}" for base, head in pairs])


def changes_of_trees(runner: Runner, pairs: Sequence[tuple[str, str]]) -> list[Changes]:
    """What each second tree changed against the first of its pair, by one process.

    Raises:
        GitError: a tree is missing.
    """
    return _changes(runner, pairs, [f"{checked_oid(old)} {checked_oid(new)}" for old, new in pairs])


def unified_diff(runner: Runner, base: str, head: str, limit: int, paths: Sequence[str] = ()) -> str:
    """Unified diff of two commits, of all or some paths, cut after `limit` characters.

    Raises:
        GitError: a commit is missing.
    """
    flags = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
    chosen = ("--", *(f":(top,literal){path}" for path in paths)) if paths else ()
    # Four bytes are the longest character; what is cut off is not even produced.
    answer = runner.attempt("diff", *flags, checked_oid(base), checked_oid(head), *chosen, limit=4 * limit + 4)
    if answer.status != 0:
        raise GitError(f"git diff failed in {runner.path}: {answer.complaint}")
    return answer.text if len(answer.text) <= limit else f"{answer.text[:limit]}\n[cut after {limit} characters]\n"


def _changes(runner: Runner, pairs: Sequence[tuple[str, str]], lines: list[str]) -> list[Changes]:
    if not pairs:
        return []
    flags = ("--stdin", "--always", "-r", "-z", "--raw", "--no-renames", "--no-abbrev")
    output = runner.run("diff-tree", *flags, given=("\n".join(lines) + "\n").encode()).output
    found = list(_parse(output))
    if len(found) != len(pairs):
        raise GitError(f"git compared {len(found)} of {len(pairs)} pairs in {runner.path}; a commit is missing.")
    return found


def _parse(output: bytes) -> Iterator[Changes]:
    """Reads headers and entries. After a commit's header comes a zero byte, after that of two trees a line's end."""
    position = 0
    current: list[Change] | None = None
    while position < len(output):
        if output.startswith(b":", position):
            entry, path, position = _entry(output, position + 1)
            assert current is not None
            current.append(_change(entry, path))
            continue
        if current is not None:
            yield tuple(current)
        current = []
        position += 40
        if output.startswith(b" ", position):
            position += 41
        position += 1
    if current is not None:
        yield tuple(current)


def _entry(output: bytes, start: int) -> tuple[list[str], str, int]:
    end = output.index(b"\0", start)
    last = output.index(b"\0", end + 1)
    return output[start:end].decode().split(" "), decoded(output[end + 1 : last]), last + 1


def _change(entry: list[str], path: str) -> Change:
    mode_before, mode_after, before, after = entry[:4]
    return Change(
        path,
        None if mode_before == _NO_MODE else Entry(mode_before, before),
        None if mode_after == _NO_MODE else Entry(mode_after, after),
    )
