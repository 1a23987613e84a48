"""Guards a growing graph against circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


MOST_STEPS = 5_000_000
"""Edges followed in search of circles for one book: seconds. Beyond them an edge that needs a search is refused."""


class CircleGuard:
    """Knows the edges so far; costs nothing while all of them follow the order of the book."""

    def __init__(self, position: Mapping[str, int]) -> None:
        self._position = position
        self._users: dict[str, list[str]] = {}
        self._has_forward = False
        self._steps = MOST_STEPS

    def add(self, source: str, target: str) -> None:
        """Take in an edge from a prerequisite to the node that uses it."""
        self._users.setdefault(source, []).append(target)
        self._has_forward = self._has_forward or self._position[source] >= self._position[target]

    def allows(self, source: str, target: str) -> bool:
        """Whether an edge would close no circle: the prerequisite does not rest on its user."""
        if not self._has_forward and self._position[source] < self._position[target]:
            return True
        last = None if self._has_forward else self._position[source]
        seen, waiting = {target}, [target]
        while waiting:
            label = waiting.pop()
            users = self._users.get(label, ())
            self._steps -= len(users)
            if label == source or self._steps < 0:
                return False
            for user in users:
                if user not in seen and (last is None or self._position[user] <= last):
                    seen.add(user)
                    waiting.append(user)
        return True
