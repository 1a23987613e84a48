"""The ladder: a branch that git cannot join with ``main`` is joined by declarations, where nothing is guessed.

Its rungs, from the lowest: git's own merge; both sides' declarations in one file; the tip's file with the branch's
proof. What none of them joins goes back to its author. Whatever a rung makes passes the gate like any other change.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from checker.errors import CheckerError
from checker.source.lexer import LexicalError
from checker.source.merge import LARGEST, merge_sources
from checker.source.transplant import transplant_proof
from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.git import Change, Entry, Repository

Rung = Literal["declarations", "proof"]

_PLAIN = "100644"
"""Git's mode of a file that is no program, no link and no other repository."""

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
    meanwhile, own = hub.changes([(base, tip), (base, head)])
    touched = {change.path: change for change in meanwhile}
    files: dict[str, bytes | Entry | None] = {}
    rung: Rung = "declarations"
    for change in own:
        other = touched.get(change.path)
        if other is None:
            if _stands_in_the_way(change.path, touched):
                return None
            files[change.path] = change.after
        elif other.after != change.after:
            joined = _join(hub, other, change)
            if joined is None and proved:
                joined, rung = _transplant(hub, other, change, proved), "proof"
            if joined is None:
                return None
            files[change.path] = joined
    return Resolution(rung, files)


def _stands_in_the_way(path: str, touched: Mapping[str, Change]) -> bool:
    """Whether ``main`` has touched what is a folder of the path, or lies below it."""
    folders = {parent.as_posix() for parent in PurePosixPath(path).parents}
    return any(each in folders or each.startswith(f"{path}/") for each in touched)


def _join(hub: Repository, ours: Change, theirs: Change) -> bytes | None:
    """Both sides' declarations in one file; ``None`` where that is no Lean file of both, or would be a guess."""
    sides = _read(hub, ours.after), _read(hub, theirs.after)
    before = _read(hub, ours.before) if ours.before is not None else b""
    if not _is_lean(ours.path) or before is None or None in sides:
        return None
    try:
        merged = merge_sources(before, sides[0] or b"", sides[1] or b"")
    except _UNREADABLE:
        return None
    return merged.data if merged.clean else None


def _transplant(hub: Repository, ours: Change, theirs: Change, name: str) -> bytes | None:
    """The tip's file with the branch's proof of a declaration; ``None`` where that is not what both stated."""
    here, there = _read(hub, ours.after), _read(hub, theirs.after)
    if not _is_lean(ours.path) or here is None or there is None:
        return None
    try:
        return transplant_proof(here.decode(), there.decode(), name).encode()
    except _UNREADABLE:
        return None


def _is_lean(path: str) -> bool:
    return path.endswith(".lean")


def _read(hub: Repository, entry: Entry | None) -> bytes | None:
    """A plain file's content; ``None`` for what is no plain file, or too large to be merged here."""
    if entry is None or entry.mode != _PLAIN:
        return None
    try:
        return hub.read_blob(entry.oid, LARGEST)
    except GitError:  # whoever writes a branch decides how large its files are: that must not end the campaign
        return None
