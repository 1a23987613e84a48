"""Refs: reading them, and moving many at once or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError, RefMoved
from coordinator.git.names import ATTEMPTS, MAIN, ZERO, checked_oid, checked_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coordinator.git.objects import Objects
    from coordinator.git.runner import Runner


@dataclass(frozen=True, slots=True)
class RefChange:
    """A ref is to go from one commit to another. ``None`` stands for a ref that does not exist."""

    ref: str
    old: str | None
    new: str | None


def read_attempts(runner: Runner) -> dict[str, str]:
    """The commits that agents' branches are at, by ref."""
    return read_below(runner, ATTEMPTS)


def read_below(runner: Runner, prefix: str) -> dict[str, str]:
    """The commits that the refs below a prefix are at, by ref; the prefix ends with a slash."""
    lines = runner.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).text.splitlines()
    return dict(line.split(" ") for line in lines)


def move_all(runner: Runner, objects: Objects, changes: Sequence[RefChange]) -> None:
    """Makes all of `changes` in one transaction, or none.

    Raises:
        RefMoved: a ref does not hold its old value.
        GitError: git refused for another reason.
    """
    answer = runner.attempt("update-ref", "--stdin", "-z", given=transaction(changes))
    if answer.status == 0:
        return
    for change in changes:
        if (found := objects.commit_at(change.ref)) != change.old:
            raise RefMoved(f"{change.ref} is at {_short(found)}, not at {_short(change.old)}: nothing was changed.")
    names = ", ".join(change.ref for change in changes[:3])
    raise GitError(f"git could not move {names}: {answer.complaint}")


def transaction(changes: Sequence[RefChange]) -> bytes:
    """What tells ``update-ref`` to make changes: none before the last word, for input breaks off when its owner dies.

    Raises:
        GitError: a name is none that may be given to git, or ``main`` would be deleted.
    """
    return b"start\0" + b"".join(_instruction(change) for change in changes) + b"commit\0"


def put_all(runner: Runner, refs: Iterable[tuple[str, str]]) -> None:
    """Sets refs to commits whatever they hold, all or none. Never ``main``.

    Raises:
        GitError: one of them is ``main``, or git refuses.
    """
    lines = []
    for ref, commit in refs:
        if ref == MAIN:
            raise GitError("main moves by compare-and-set only.")
        lines.append(f"update {checked_ref(ref)}\0{checked_oid(commit)}\0\0")
    if lines:
        runner.run("update-ref", "--stdin", "-z", given="".join(["start\0", *lines, "commit\0"]).encode())


def _instruction(change: RefChange) -> bytes:
    ref, old = checked_ref(change.ref), checked_oid(change.old or ZERO)
    if change.new is None:
        if ref == MAIN:
            raise GitError("main is never deleted.")
        return f"delete {ref}\0{old}\0".encode()
    return f"update {ref}\0{checked_oid(change.new)}\0{old}\0".encode()


def _short(commit: str | None) -> str:
    return commit[:10] if commit else "nothing"
