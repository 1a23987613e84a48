"""Names of refs and objects, as they may be told to git."""

from __future__ import annotations

import re

from coordinator.errors import GitError

MAIN = "refs/heads/main"
ZERO = "0" * 40
"""What git says of a ref that does not exist."""

_OID = re.compile(r"[0-9a-f]{40}")
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REF = re.compile(rf"refs/(heads|attempts|candidates)(/{_PART})+")
ATTEMPTS = "refs/attempts"
"""Where agents' branches are."""

_LONGEST_REF = 240


def attempt_ref(slug: str, number: int) -> str:
    """The branch of one attempt. A folder for each item would cost more than the rest of setting a ref."""
    return f"{ATTEMPTS}/{slug}.{number}"


def resolution_ref(slug: str, job: int) -> str:
    """The branch of one try of a resolver: each has its own, so that what comes too late takes nothing's place."""
    return f"{ATTEMPTS}/{slug}.joined-{job}"


def candidate_ref(number: int) -> str:
    """The joined state of one pull request and ``main``, as builders fetch it."""
    return f"refs/candidates/{number}"


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
