"""Lanes: which branches have nothing to do with each other, so that they may be built and landed side by side.

A branch reaches the modules it changes and, where it moves an interface, everything above them. Two branches are
independent when they reach nothing in common: then neither changes a certificate of the other.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coordinator.queue.joined import Main
    from coordinator.queue.records import Branch, Member


class Lanes:
    """What each branch reaches, on ``main`` together with the imports that the branches bring.

    Args:
        main: where they are to land.
        branches: all that wait.
        moving: numbers of those known or meant to move an interface.
    """

    def __init__(self, main: Main, branches: Iterable[Branch], moving: frozenset[int]) -> None:
        self._main = main
        self._moving = moving
        self._changes = {branch.number: frozenset(branch.changes) for branch in branches}
        self._brought: dict[str, set[str]] = {}
        for branch in branches:
            for module, record in branch.changes.items():
                for imported in record.imports:
                    self._brought.setdefault(imported, set()).add(module)
        self._cones: dict[int, frozenset[str]] = {}

    def reach(self, number: int) -> frozenset[str]:
        """Modules whose certificates a branch may change."""
        return self.cone(number) if number in self._moving else self._changes[number]

    def cone(self, number: int) -> frozenset[str]:
        """Modules a branch changes, and all above them, whether it moves an interface or not."""
        if number not in self._cones:
            self._cones[number] = self._above(self._changes[number])
        return self._cones[number]

    def is_wide(self, number: int) -> bool:
        """Whether a branch moves an interface that others build on: it is built alone, with its cone."""
        return number in self._moving and self.reach(number) > self._changes[number]

    def changes(self, number: int, module: str) -> bool:
        """Whether a branch changes a module itself."""
        return module in self._changes[number]

    def _above(self, changed: frozenset[str]) -> frozenset[str]:
        found, waiting = set(changed), deque(changed)
        while waiting:
            module = waiting.popleft()
            above = self._main.importers(module) | self._brought.get(module, frozenset())
            fresh = above - found
            found |= fresh
            waiting.extend(fresh)
        return frozenset(found)


def components(members: Sequence[Member], reach: Mapping[int, frozenset[str]]) -> tuple[tuple[Member, ...], ...]:
    """The lanes of some branches: groups of those that reach something in common, each in the order given."""
    groups: list[tuple[set[str], list[Member]]] = []
    for member in members:
        reached, joined = set(reach[member.number]), [member]
        apart = []
        for group in groups:
            if reached.isdisjoint(group[0]):
                apart.append(group)
            else:
                reached |= group[0]
                joined = [*group[1], *joined]
        groups = [*apart, (reached, joined)]
    order = {member: place for place, member in enumerate(members)}
    return tuple(
        tuple(sorted(group, key=order.__getitem__)) for _, group in sorted(groups, key=lambda g: order[g[1][0]])
    )
