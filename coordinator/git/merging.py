"""Joining commits in memory, by git's own merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.names import checked_oid
from coordinator.git.paths import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coordinator.git.runner import Runner

_FLAGS = ("--write-tree", "-z", "--name-only", "--no-messages")
_CONFLICT = 1
_CLEAN = b"1"
"""With ``--stdin`` a clean merge is told by 1: the opposite of the exit code."""
_UNNAMED = "(git names no path)"


@dataclass(frozen=True, slots=True)
class Merge:
    """What joining two commits gave: a tree, or the paths in conflict."""

    tree: str
    conflicts: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether git joined every path by itself."""
        return not self.conflicts


def merge(runner: Runner, ours: str, theirs: str) -> Merge:
    """Joins two commits in memory.

    Raises:
        GitError: git could not even try.
    """
    answer = runner.attempt("merge-tree", *_FLAGS, checked_oid(ours), checked_oid(theirs))
    if answer.status not in (0, _CONFLICT):
        raise GitError(f"git could not merge {theirs[:10]} into {ours[:10]}: {answer.complaint}")
    tree, *paths = [part for part in answer.output.split(b"\0") if part]
    return _merge(tree, paths, clean=answer.status == 0)


def merge_all(runner: Runner, pairs: Sequence[tuple[str, str]]) -> list[Merge]:
    """Joins many pairs of commits, by one process.

    Raises:
        GitError: git could not even try, with one of the pairs.
    """
    if not pairs:
        return []
    # It does not flush its answers one by one, and a pair that cannot be tried ends it: so it is told all at once.
    given = "".join(f"{checked_oid(ours)} {checked_oid(theirs)}\n" for ours, theirs in pairs).encode()
    answer = runner.attempt("merge-tree", *_FLAGS, "--stdin", given=given)
    found = list(_parse(answer.output)) if answer.status == 0 else []
    if len(found) != len(pairs):
        raise GitError(f"git merged {len(found)} of {len(pairs)} pairs: {answer.complaint}")
    return found


def _parse(output: bytes) -> Iterator[Merge]:
    """Records of: 1 or 0, the tree, the paths in conflict, an empty part."""
    parts = iter(output.split(b"\0"))
    for status in parts:
        if not status:
            return
        tree = next(parts)
        yield _merge(tree, list(iter(parts.__next__, b"")), clean=status == _CLEAN)


def _merge(tree: bytes, paths: list[bytes], *, clean: bool) -> Merge:
    names = tuple(dict.fromkeys(decoded(path) for path in paths))
    return Merge(tree.decode(), () if clean else names or (_UNNAMED,))
