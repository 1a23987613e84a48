"""A batch: branches as commits on top of ``main``, before ``main`` moves there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coordinator.git.changes import Changes
    from coordinator.git.identity import Identity


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that is to land.

    Attributes:
        base: the commit of ``main`` it began from. One that is not is found out, and only costs time.
        head: its last commit.
        message: what its landing says, with trailers.
        author: who its landing is from; by default who its last commit is from.
        refs: refs that go when it lands, each with the commit it must still hold: else nothing lands.
    """

    base: str
    head: str
    message: str
    author: Identity | None = None
    refs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Landing:
    """A branch as a commit of ``main``.

    Attributes:
        branch: the branch.
        commit: its landing, whose parents are the landing before it and the branch's head.
        merged: whether git had to merge.
        changes: what the landing changes on ``main``.
    """

    branch: Branch
    commit: str
    merged: bool
    changes: Changes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A branch that does not land: the paths in conflict, or what else is wrong with it."""

    branch: Branch
    conflicts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Landings on top of `tip`, in order, and what cannot be one of them. No ref has moved yet."""

    tip: str
    landings: tuple[Landing, ...]
    refusals: tuple[Refusal, ...]

    @property
    def top(self) -> str:
        """Where ``main`` is once they have landed."""
        return self.landings[-1].commit if self.landings else self.tip
