"""Lots: which branches are built next, and which together.

The oldest come first, and nobody passes an older branch that reaches the same modules: so nobody starves. Free builders
share what waits evenly, up to the window each. Branches that reach the same modules go into one lot, or wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coordinator.queue.lanes import Lanes
    from coordinator.queue.records import Branch

_HELD = -1


@dataclass
class _Lot:
    """One build to be."""

    size: int
    members: list[Branch] = field(default_factory=list)
    closed: bool = False

    def takes(self, branch: Branch, *, wide: bool) -> bool:
        if self.closed:
            return False
        if not self.members:
            return True
        alike = self.members[0].standing.doubted == branch.standing.doubted
        room = min((each.standing.room or self.size for each in (*self.members, branch)), default=self.size)
        return alike and not wide and len(self.members) < min(room, self.size)

    def add(self, branch: Branch, *, wide: bool) -> None:
        self.members.append(branch)
        self.closed = wide


def form_lots(
    waiting: Sequence[Branch], occupied: Iterable[frozenset[str]], lanes: Lanes, builders: int, window: int
) -> list[tuple[Branch, ...]]:
    """Chooses what to build now.

    Args:
        waiting: branches that need a build, oldest first.
        occupied: what branches reach that are being built.
        lanes: what branches reach.
        builders: how many are free.
        window: the most branches of one lot.
    """
    if builders < 1 or not waiting:
        return []
    size = min(window, -(-len(waiting) // builders))
    lots = [_Lot(size) for _ in range(builders)]
    owners = {module: _HELD for reach in occupied for module in reach}
    for branch in waiting:
        if all(lot.closed or len(lot.members) >= size for lot in lots):
            break
        reach, wide = lanes.reach(branch.number), lanes.is_wide(branch.number)
        place = _place(branch, {owners[module] for module in reach if module in owners}, lots, wide=wide)
        if place != _HELD:
            lots[place].add(branch, wide=wide)
        owners |= dict.fromkeys(reach, place)
    return [tuple(lot.members) for lot in lots if lot.members]


def _place(branch: Branch, touched: set[int], lots: Sequence[_Lot], *, wide: bool) -> int:
    """The lot a branch goes into: that of the branches it has to do with, else the emptiest that takes it."""
    if len(touched) > 1 or _HELD in touched:
        return _HELD
    able = [place for place in touched or range(len(lots)) if lots[place].takes(branch, wide=wide)]
    return min(able, key=lambda place: len(lots[place].members), default=_HELD)
