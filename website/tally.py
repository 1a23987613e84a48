"""How far a set of nodes has come, as counts by state and as a bar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.status import NodeState
from website.figures import percent
from website.states import NODE_BADGES, Badge

if TYPE_CHECKING:
    from collections.abc import Iterable

BAR_WIDTH = 1000
"""Width of a bar in its own units; the page scales it."""


@dataclass(frozen=True, slots=True)
class Share:
    """One state's part of a bar: its badge, how many nodes, and where the part stands in the bar's units."""

    badge: Badge
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of nodes by state.

    Attributes:
        total: how many nodes.
        proved: how many are closed.
        provable: how many there are to close (all but those marked as not ready).
        shares: the states that occur, from closed to open.
    """

    total: int
    proved: int
    provable: int
    shares: tuple[Share, ...]

    @property
    def percent(self) -> str:
        """Closed nodes among those there are to close, such as ``97 %``."""
        return percent(self.proved, self.provable)

    @property
    def sentence(self) -> str:
        """The counts in words, for who does not see the bar."""
        return ", ".join(f"{share.count} {share.badge.word}" for share in self.shares) or "no nodes"


def tally(states: Iterable[NodeState]) -> Tally:
    """Count states."""
    counts = Counter(states)
    total = sum(counts.values())
    shares: list[Share] = []
    seen = 0
    for state, badge in NODE_BADGES.items():
        if not counts[state]:
            continue
        x = BAR_WIDTH * seen // total
        seen += counts[state]
        shares.append(Share(badge, counts[state], x, BAR_WIDTH * seen // total - x))
    provable = total - counts[NodeState.NOT_READY]
    return Tally(total, counts[NodeState.PROVED], provable, tuple(shares))
