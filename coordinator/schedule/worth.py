"""What an attempt is worth, and the items that could be attempted in the order of that.

Worth is expected value per dollar: how many nodes the item holds up, times the chance that the attempt lands, times
what a person says the item matters, by what the attempt is expected to cost.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coordinator.schedule.experience import Forecast

CHEAPEST_USD = 0.001
"""Dollars that an attempt is taken to cost at least: a model that costs nothing still takes a slot."""

_SLACK = 64
"""Entries out of date that a small frontier may hold before it is tidied."""


def return_of(forecast: Forecast) -> float:
    """How often an attempt lands for a dollar: times the item's value, its worth."""
    return forecast.chance.mean / max(forecast.cost_usd.mean, CHEAPEST_USD)


class Frontier:
    """Items in the order of their worth, the best first; of those worth the same, the first in the book.

    An item is put, moved, removed or taken in O(log n) amortised: what becomes out of date stays in the heap until it
    comes to the top, or until half of the heap is out of date.
    """

    def __init__(self) -> None:
        self._entries: dict[int, tuple[float, int, int]] = {}
        self._heap: list[tuple[float, int, int]] = []

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._entries)

    def __contains__(self, item: object) -> bool:
        """Whether an item is among them."""
        return item in self._entries

    def __iter__(self) -> Iterator[int]:
        """All items, the best first; the first few of many cost only their own number. Not to be changed meanwhile."""
        heap, seen = self._heap, set[int]()
        next_up = [(heap[0], 0)] if heap else []
        while next_up:
            entry, place = heapq.heappop(next_up)
            for below in (2 * place + 1, 2 * place + 2):
                if below < len(heap):
                    heapq.heappush(next_up, (heap[below], below))
            item = entry[2]
            if item not in seen and self._entries.get(item) == entry:
                seen.add(item)
                yield item

    def put(self, item: int, worth: float, place: int) -> None:
        """Adds an item, or moves it: `place` is the one its node has in the book."""
        entry = (-worth, place, item)
        if self._entries.get(item) != entry:
            self._entries[item] = entry
            heapq.heappush(self._heap, entry)
            self._tidy()

    def remove(self, item: int) -> None:
        """Takes an item out, if it is in."""
        if self._entries.pop(item, None) is not None:
            self._tidy()

    def best(self) -> int | None:
        """The item worth most; ``None`` where there is none."""
        while self._heap:
            entry = self._heap[0]
            if self._entries.get(entry[2]) == entry:
                return entry[2]
            heapq.heappop(self._heap)
        return None

    def pop_best(self) -> int | None:
        """Takes out the item worth most; ``None`` where there is none."""
        item = self.best()
        if item is not None:
            heapq.heappop(self._heap)
            del self._entries[item]
        return item

    def fill(self, entries: Iterable[tuple[float, int, int]]) -> None:
        """Adds many items that are not in yet: worth, place and item of each."""
        self._entries.update((item, (-worth, place, item)) for worth, place, item in entries)
        self._rebuild()

    def reorder(self, worths: Iterable[float]) -> None:
        """Gives all items a new worth at once, one for each of `items`."""
        self._entries = {
            item: (-worth, place, item)
            for (item, (_, place, _)), worth in zip(self._entries.items(), worths, strict=True)
        }
        self._rebuild()

    @property
    def items(self) -> Iterable[int]:
        """All items, in the order in which they came in."""
        return self._entries.keys()

    def _tidy(self) -> None:
        if len(self._heap) > 2 * len(self._entries) + _SLACK:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = list(self._entries.values())
        heapq.heapify(self._heap)
