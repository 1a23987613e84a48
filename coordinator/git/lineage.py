"""Where a branch parted from another, and the commits it has of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.names import checked_oid, is_oid

if TYPE_CHECKING:
    from coordinator.git.runner import Runner

_TITLE = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class OwnCommit:
    """One commit of a branch.

    Attributes:
        commit: its name.
        author: who wrote it, a name.
        title: the first line of its message, or the beginning of that.
    """

    commit: str
    author: str
    title: str


def parting(runner: Runner, one: str, other: str) -> str | None:
    """The last commit that two commits have in common; ``None`` where they have none.

    Raises:
        GitError: one of them is missing.
    """
    answer = runner.attempt("merge-base", checked_oid(one), checked_oid(other))
    if answer.status not in {0, 1}:
        raise GitError(f"git merge-base failed in {runner.path}: {answer.complaint}")
    return answer.text if is_oid(answer.text) else None


def own_commits(runner: Runner, base: str, head: str, limit: int) -> list[OwnCommit]:
    """Commits that `head` has and `base` has not, newest first, at most `limit`.

    Raises:
        GitError: one of them is missing.
    """
    shape = "--format=%H%x1f%an%x1f%s%x00"
    asked = ("log", shape, f"--max-count={limit}", checked_oid(head), f"^{checked_oid(base)}")
    rows = (row.strip("\n").split("\x1f") for row in runner.run(*asked).text.split("\0"))
    return [OwnCommit(row[0], _plain(row[1]), _plain(row[2])) for row in rows if len(row) >= 3]  # noqa: PLR2004


def _plain(text: str) -> str:
    return _CONTROLS.sub(" ", text)[:_TITLE].strip()
