"""The agenda: all items that could be attempted now, and which of them come next.

It puts together what attempts are worth (`worth`), fair shares of chapters and exploration (`shares`), and is kept up
to date item by item. It is only a view: made anew from the store it holds the same, up to whose turn it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from coordinator.schedule.experience import narrowest_group
from coordinator.schedule.shares import Exploration, Shares
from coordinator.schedule.worth import CHEAPEST_USD, Frontier, return_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from coordinator.schedule.experience import Experience, Group, Traits

RENEWED = 1.1
"""Worths are reckoned anew each time the lessons have become so many times as many: in all, a few dozen times."""

_LEAST_VALUE = 1e-9
"""What ready items are worth at least, together, so that a chapter with some has a share."""


class Candidate(NamedTuple):
    """An item that could be attempted.

    Attributes:
        item: its id.
        place: of its node in the book's order.
        chapter: of its node.
        unblocks: how many nodes rest on its node.
        traits: of the attempt.
        boost: how many times as much as by itself it matters to a person.
    """

    item: int
    place: int
    chapter: str
    unblocks: int
    traits: Traits
    boost: float = 1.0

    @property
    def value(self) -> float:
        """What it is worth to have the item landed."""
        return (1 + self.unblocks) * self.boost


class Agenda:
    """Items that could be attempted, in the order in which they should be.

    Args:
        experience: what the campaign has learnt; read, never changed.
        explore: part of the attempts that goes to what was tried least.
        candidates: what it holds from the beginning, each item once.
    """

    def __init__(self, experience: Experience, explore: float = 0.0, candidates: Iterable[Candidate] = ()) -> None:
        self._experience = experience
        self._lessons = experience.lessons
        self._exploration = Exploration(explore)
        self._shares = Shares()
        self._candidates = {candidate.item: candidate for candidate in candidates}
        self._groups: dict[int, tuple[float, Group]] = {}
        self._worths: dict[int, float] = {}
        self._values: dict[str, float] = {}
        self._chapters: dict[str, Frontier] = {}
        self._least_tried = Frontier()
        self._fill()

    def _fill(self) -> None:
        """Puts in all candidates at once, which is cheaper than one by one."""
        returns: dict[Group, float] = {}
        entries: dict[str, list[tuple[float, int, int]]] = {}
        for item, candidate in self._candidates.items():
            group = narrowest_group(candidate.traits)
            if group not in returns:
                returns[group] = return_of(self._experience.expect_in(group))
            value = candidate.value
            self._groups[item] = (value, group)
            self._worths[item] = worth = value * returns[group]
            entries.setdefault(candidate.chapter, []).append((worth, candidate.place, item))
        for chapter, found in entries.items():
            self._chapters[chapter] = frontier = Frontier()
            frontier.fill(found)
            self._set_value(chapter, sum(worth for worth, _, _ in found))
        self._least_tried.fill((-float(each.traits.attempts), each.place, each.item) for each in self)

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._candidates)

    def __contains__(self, item: object) -> bool:
        """Whether an item is among them."""
        return item in self._candidates

    def __iter__(self) -> Iterator[Candidate]:
        """All candidates, in no order that matters."""
        return iter(self._candidates.values())

    def get(self, item: int) -> Candidate | None:
        """What is known of an item."""
        return self._candidates.get(item)

    def put(self, candidate: Candidate) -> None:
        """Adds an item, or says anew what is known of it."""
        known = self._candidates.get(candidate.item)
        if known == candidate:
            return
        if known is not None:
            self.remove(candidate.item)
        item, chapter = candidate.item, candidate.chapter
        self._candidates[item] = candidate
        group = narrowest_group(candidate.traits)
        self._groups[item] = (candidate.value, group)
        self._worths[item] = candidate.value * return_of(self._experience.expect_in(group))
        self._chapters.setdefault(chapter, Frontier()).put(item, self._worths[item], candidate.place)
        self._least_tried.put(item, -float(candidate.traits.attempts), candidate.place)
        self._weigh(chapter, self._worths[item])

    def remove(self, item: int) -> None:
        """Takes an item out, if it is in."""
        candidate = self._candidates.pop(item, None)
        if candidate is None:
            return
        self._chapters[candidate.chapter].remove(item)
        self._least_tried.remove(item)
        del self._groups[item]
        self._weigh(candidate.chapter, -self._worths.pop(item))

    def note_sent(self, candidate: Candidate) -> None:
        """Puts an attempt that was sent on its chapter's account."""
        self._exploration.is_due()
        self._shares.charge(candidate.chapter, self._cost(candidate))

    def upcoming(self, is_closed: Callable[[str], bool] = lambda _: False) -> Iterator[Candidate]:
        """Candidates in the order in which they should be sent, of which the caller takes as many as it has use for.

        Nothing changes before `note_sent` and `remove` tell that they were. Each costs a little more than a logarithm.

        Args:
            is_closed: says of a chapter, whenever it is looked at, that nothing more is to be sent for it.
        """
        self._renew()
        shares, exploration = self._shares.copy(), self._exploration.copy()
        left = {chapter: iter(frontier) for chapter, frontier in self._chapters.items()}
        least_tried, told = iter(self._least_tried), set[int]()
        while (chapter := shares.turn()) is not None:
            item = _first(least_tried, told) if exploration.is_due() else None
            item = _first(left[chapter], told) if item is None else item
            if item is None:
                shares.set_value(chapter, 0.0)
                continue
            candidate = self._candidates[item]
            if is_closed(candidate.chapter):
                shares.set_value(candidate.chapter, 0.0)
                continue
            told.add(item)
            shares.charge(candidate.chapter, self._cost(candidate))
            yield candidate

    def _cost(self, candidate: Candidate) -> float:
        return max(self._experience.expect_in(self._groups[candidate.item][1]).cost_usd.mean, CHEAPEST_USD)

    def _weigh(self, chapter: str, change: float) -> None:
        """Changes what the ready items of a chapter are worth together."""
        self._set_value(chapter, self._values.get(chapter, 0.0) + change)

    def _set_value(self, chapter: str, value: float) -> None:
        # Sums of floats do not cancel exactly: without items there is no value, with items there is some.
        self._values[chapter] = max(value, _LEAST_VALUE) if len(self._chapters[chapter]) else 0.0
        self._shares.set_value(chapter, self._values[chapter])

    def _renew(self) -> None:
        """Reckons all worths anew when much was learnt since the last time."""
        if self._experience.lessons < max(self._lessons * RENEWED, self._lessons + 1):
            return
        self._lessons = self._experience.lessons
        self.reorder()

    def reorder(self) -> None:
        """Reckons the worth of every item anew."""
        groups = {group for _, group in self._groups.values()}
        returns = {group: return_of(self._experience.expect_in(group)) for group in groups}
        self._worths = {item: value * returns[group] for item, (value, group) in self._groups.items()}
        for chapter, frontier in self._chapters.items():
            worths = [self._worths[item] for item in frontier.items]
            frontier.reorder(worths)
            self._set_value(chapter, sum(worths))


def _first(items: Iterator[int], told: set[int]) -> int | None:
    """The next of some items that was not told yet."""
    return next((item for item in items if item not in told), None)
