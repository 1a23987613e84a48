"""Readiness: which items can be worked on, kept in step with the campaign's state."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from blueprint import DependencyGraph, Stage
    from coordinator.schedule.state import CampaignState, Item


_STAGES: tuple[Stage, ...] = ("statement", "proof")


class _Place(NamedTuple):
    """Where an item stands: what more nodes rest on comes first, then the order of the book, then the id."""

    leverage: int
    order: int
    item: int


class Readiness:
    r"""The items that are open, ready and idle, in the order they are to be begun.

    It is a view of a state: made from one, and told with `follow` which items changed in it. It then says what a new
    one made of that state would say, at a cost that grows with the change and not with the book.

    A statement is ready when its node is not marked ``\notready`` and all its statement uses is stated on ``main``; a
    proof when its statement has landed and all that statement and proof use is stated (see `blueprint.ready_stages`).

    Args:
        graph: the book's graph.
        state: the campaign's state, whose changes are told to `follow`.
        max_attempts: attempts after which an item is `exhausted` (see `Settings.retry`).
    """

    def __init__(self, graph: DependencyGraph, state: CampaignState, max_attempts: int) -> None:
        self._graph = graph
        self._state = state
        self._max_attempts = max_attempts
        self._order = {label: place for place, label in enumerate(graph.order())}
        self._stated = {label for label, stages in state.landed.items() if stages and label in self._order}
        self._unstated = {label: self._count_unstated(graph.statement_uses(label)) for label in self._order}
        self._unstated_in_proof = {label: self._count_unstated(graph.proof_uses(label)) for label in self._order}
        self._places: dict[int, _Place] = {}
        self._later: list[tuple[float, int]] = []
        self._exhausted: set[int] = set()
        known = [item for item in state.by_id.values() if item.label in self._order]
        self._now = sorted(self._places[item.id] for item in known if self._enter(item))

    @property
    def exhausted(self) -> tuple[int, ...]:
        """Ids of idle items that used up their attempts, in order."""
        return tuple(sorted(self._exhausted))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ready and idle, now or when its back-off is over."""
        return not self._places

    def ready(self, now: float) -> Iterator[Item]:
        """Items that can be begun at `now` (seconds since the epoch), the best first."""
        while self._later and self._later[0][0] <= now:
            _, due = heapq.heappop(self._later)
            if due in self._places and not self._is_listed(self._places[due]):
                insort(self._now, self._places[due])
        for place in self._now:
            item = self._state.by_id[place.item]
            if item.not_before <= now:
                yield item

    def follow(self, changed: Iterable[int]) -> None:
        """Takes note of items that changed: landed, given up, tried, begun, put off or left alone again."""
        for number in changed:
            item = self._state.by_id.get(number)
            if item is None or item.label not in self._order:
                continue
            for label in (item.label, *self._notice_statement(item.label)):
                self._place_node(label)

    def _place_node(self, label: str) -> None:
        for stage in _STAGES:
            item = self._state.items.get((label, stage))
            if item is not None:
                self._take_out(item.id)
                if self._enter(item):
                    insort(self._now, self._places[item.id])

    def _count_unstated(self, labels: Iterable[str]) -> int:
        return sum(label not in self._stated for label in labels)

    def _notice_statement(self, label: str) -> tuple[str, ...]:
        """Counts a node as stated, or no longer; returns the nodes that use it if that is news."""
        stated = bool(self._state.landed.get(label))
        if label not in self._order or stated == (label in self._stated):
            return ()
        self._stated ^= {label}
        step = -1 if stated else 1
        users = self._graph.users(label)
        for user in users:
            self._unstated[user] += step * (label in self._graph.statement_uses(user))
            self._unstated_in_proof[user] += step * (label in self._graph.proof_uses(user))
        return users

    def _enter(self, item: Item) -> bool:
        """Gives an item a place if it is ready and idle; says whether it is to be listed now and not later."""
        if not self._state.is_idle(item.id):
            return False
        if item.attempts >= self._max_attempts:
            self._exhausted.add(item.id)
            return False
        if not self._is_ready(item):
            return False
        self._places[item.id] = _Place(-self._graph.leverage(item.label), self._order[item.label], item.id)
        if item.not_before:
            heapq.heappush(self._later, (item.not_before, item.id))
        return not item.not_before

    def _take_out(self, item: int) -> None:
        self._exhausted.discard(item)
        place = self._places.pop(item, None)
        if place is not None and self._is_listed(place):
            del self._now[bisect_left(self._now, place)]

    def _is_listed(self, place: _Place) -> bool:
        at = bisect_left(self._now, place)
        return at < len(self._now) and self._now[at] == place

    def _is_ready(self, item: Item) -> bool:
        if self._graph.blueprint.by_label[item.label].marks.notready or self._unstated[item.label]:
            return False
        has_statement = "statement" in self._state.landed.get(item.label, ())
        if item.stage == "statement":
            return not has_statement
        return has_statement and not self._unstated_in_proof[item.label]
