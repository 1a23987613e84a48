"""The ladder: a branch that git cannot join with ``main`` is joined by declarations, where nothing is guessed.

Its rungs, from the lowest: git's own merge; both sides' declarations in one file; the tip's file with the branch's
proof; an agent, who is offered what is left with the conflicts marked. Whatever a rung makes passes the gate like any
other change.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from checker.errors import CheckerError
from checker.source.lexer import LexicalError
from checker.source.merge import LARGEST, merge_sources
from checker.source.merge_layout import Marks
from checker.source.transplant import transplant_proof
from coordinator.errors import GitError
from coordinator.work.merging import merge_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.git import Change, Entry, Repository

Rung = Literal["declarations", "proof"]

_PLAIN = "100644"
"""Git's mode of a file that is no program, no link and no other repository."""

_MARKS = Marks(ours="main", base="base", theirs="branch")

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


@dataclass(frozen=True, slots=True)
class Draft:
    """A joined state with conflicts, for an agent to settle.

    Attributes:
        files: what differs from the tip, by path, as far as it could be joined or marked.
        conflicts: the paths that could not be joined.
    """

    files: Mapping[str, bytes | Entry | None]
    conflicts: tuple[str, ...]


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
    rungs, draft = _climb(hub, tip, base, head, proved, marked=False)
    if draft.conflicts:
        return None
    return Resolution("proof" if "proof" in rungs else "declarations", draft.files)


def mark_conflicts(hub: Repository, tip: str, base: str, head: str, proved: str = "") -> Draft:
    """Joins a branch with the tip as far as `resolve` can, and marks both sides where it cannot.

    Where a file cannot be marked (one side has none, or it is no text), the draft holds what the tip holds. The
    arguments are those of `resolve`.

    Raises:
        GitError: the hub broke.
    """
    return _climb(hub, tip, base, head, proved, marked=True)[1]


def _climb(
    hub: Repository, tip: str, base: str, head: str, proved: str, *, marked: bool
) -> tuple[frozenset[Rung], Draft]:
    """Which rungs were needed, and what they make; without `marked`, the first conflict ends it."""
    meanwhile, own = hub.changes([(base, tip), (base, head)])
    touched = {change.path: change for change in meanwhile}
    files: dict[str, bytes | Entry | None] = {}
    rungs: set[Rung] = set()
    conflicts: list[str] = []
    for change in own:
        other = touched.get(change.path)
        if other is None and not _stands_in_the_way(change.path, touched):
            files[change.path] = change.after
        elif other is None or other.after != change.after:
            rung, joined = _join_file(hub, other, change, proved) if other is not None else ("declarations", None)
            if joined is None:
                conflicts.append(change.path)
                if not marked:
                    break
                joined = _mark(hub, other, change) if other is not None else None
            if joined is not None:
                rungs.add(rung)
                files[change.path] = joined
    return frozenset(rungs), Draft(files, tuple(conflicts))


def _join_file(hub: Repository, ours: Change, theirs: Change, proved: str) -> tuple[Rung, bytes | None]:
    """The rung that joins a file that both sides changed, and what it makes; ``None`` where none does."""
    joined = _join(hub, ours, theirs)
    if joined is None and proved:
        return "proof", _transplant(hub, ours, theirs, proved)
    return "declarations", joined


def _mark(hub: Repository, ours: Change, theirs: Change) -> bytes | None:
    """Both sides of a file with marks around what is in conflict; ``None`` where it cannot be marked."""
    here, there = _read(hub, ours.after), _read(hub, theirs.after)
    before = _read(hub, ours.before) if ours.before is not None else b""
    if here is None or there is None or before is None:
        return None
    try:
        return merge_versions(before, here, there, _MARKS, is_lean=_is_lean(ours.path)).data
    except (CheckerError, GitError):  # it is no text, or none that can be cut
        return None


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
