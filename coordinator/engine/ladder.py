"""The ladder: a branch that git cannot join with ``main`` is joined by declarations, where nothing is guessed.

Its rungs, from the lowest: git's own merge; both sides' declarations in one file; the tip's file with the branch's
proof. What none of them joins goes back to its author. Whatever a rung makes passes the gate like any other change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from checker.errors import CheckerError
from checker.source.lexer import LexicalError
from checker.source.merge import merge_sources
from checker.source.transplant import transplant_proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.git import Change, Entry, Repository

Rung = Literal["declarations", "proof"]

_UNREADABLE = (CheckerError, LexicalError, UnicodeDecodeError)
"""What sources raise that cannot be cut into declarations with certainty."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A joined state that git alone could not make.

    Attributes:
        rung: what joined it.
        files: what differs from the tip, by path; ``None`` for a file that is gone.
    """

    rung: Rung
    files: Mapping[str, bytes | Entry | None]


def resolve(hub: Repository, tip: str, base: str, head: str, proved: str = "") -> Resolution | None:
    """Joins a branch with the tip by the declarations of its Lean files, or not at all.

    Args:
        hub: the repository.
        tip: where ``main`` is.
        base: the commit that the branch began from.
        head: the branch's.
        proved: full name of the declaration that the branch proves; empty where it states one.

    Raises:
        GitError: the hub broke.
    """
    (changes,) = hub.changes([(base, head)])
    files: dict[str, bytes | Entry | None] = {}
    rung: Rung = "declarations"
    for change in changes:
        ours, before = hub.read(tip, change.path), hub.read(base, change.path)
        if ours == before:
            files[change.path] = change.after
            continue
        theirs = hub.read(head, change.path)
        if ours == theirs:
            continue
        joined = _join(change, before, ours, theirs)
        if joined is None and proved:
            joined, rung = _transplant(change, ours, theirs, proved), "proof"
        if joined is None:
            return None
        files[change.path] = joined
    return Resolution(rung, files)


def _join(change: Change, before: bytes | None, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    """Both sides' declarations in one file; ``None`` where that is no Lean file of both, or would be a guess."""
    if not _is_plain_lean(change) or ours is None or theirs is None:
        return None
    try:
        merged = merge_sources(before or b"", ours, theirs)
    except _UNREADABLE:
        return None
    return merged.data if merged.clean else None


def _transplant(change: Change, ours: bytes | None, theirs: bytes | None, name: str) -> bytes | None:
    """The tip's file with the branch's proof of a declaration; ``None`` where that is not what both stated."""
    if not _is_plain_lean(change) or ours is None or theirs is None:
        return None
    try:
        return transplant_proof(ours.decode(), theirs.decode(), name).encode()
    except _UNREADABLE:
        return None


def _is_plain_lean(change: Change) -> bool:
    return change.path.endswith(".lean") and change.after is not None and change.after.mode == "100644"
