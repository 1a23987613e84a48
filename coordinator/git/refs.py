"""Names of refs and objects, and moving many refs at once or none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError, RefMoved

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coordinator.git.objects import Objects
    from coordinator.git.runner import Runner

MAIN = "refs/heads/main"
ZERO = "0" * 40
"""What git says of a ref that does not exist."""

_OID = re.compile(r"[0-9a-f]{40}")
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REF = re.compile(rf"refs/(heads|attempts|candidates)(/{_PART})+")
_ATTEMPTS = "refs/attempts"
_LONGEST_REF = 240


@dataclass(frozen=True, slots=True)
class RefChange:
    """A ref is to go from one commit to another. ``None`` stands for a ref that does not exist."""

    ref: str
    old: str | None
    new: str | None


def attempt_ref(slug: str, number: int) -> str:
    """The branch of one attempt. A folder for each item would cost more than the rest of setting a ref."""
    return f"{_ATTEMPTS}/{slug}.{number}"


def resolution_ref(slug: str, job: int) -> str:
    """The branch of one try of a resolver: each has its own, so that what comes too late takes nothing's place."""
    return f"{_ATTEMPTS}/{slug}.joined-{job}"


def candidate_ref(number: int) -> str:
    """The joined state of one pull request and ``main``, as builders fetch it."""
    return f"refs/candidates/{number}"


def read_attempts(runner: Runner) -> dict[str, str]:
    """The commits that agents' branches are at, by ref."""
    lines = runner.run("for-each-ref", "--format=%(refname) %(objectname)", _ATTEMPTS).text.splitlines()
    return dict(line.split(" ") for line in lines)


def is_oid(text: str) -> bool:
    """Whether `text` is a full object name."""
    return _OID.fullmatch(text) is not None


def checked_oid(oid: str) -> str:
    """An object name that can mean nothing else to git.

    Raises:
        GitError: it could.
    """
    if not is_oid(oid):
        raise GitError(f"{oid!r} is no git object name.")
    return oid


def checked_ref(ref: str) -> str:
    """A ref below one of the folders this program writes to, in characters that mean nothing to git or a file system.

    Raises:
        GitError: it is another.
    """
    parts = ref.split("/")
    if (
        len(ref) > _LONGEST_REF
        or not _REF.fullmatch(ref)
        or ".." in ref
        or any(part.endswith((".", ".lock")) for part in parts)
    ):
        raise GitError(f"{ref!r} is no ref this program may touch.")
    return ref


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
