"""The agenda: all items that could be attempted now, and which of them is next.

It puts together what attempts are worth (`worth`), fair shares of chapters and exploration (`shares`), and is kept up
to date item by item. It is only a view: made anew from the store it gives the same order, up to whose turn it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.schedule.experience import narrowest_group
from coordinator.schedule.shares import Exploration, Shares
from coordinator.schedule.worth import CHEAPEST_USD, Frontier, return_of

if TYPE_CHECKING:
    from coordinator.schedule.experience import Experience, Group, Traits

RENEWED = 1.1
"""Worths are reckoned anew each time the lessons have become so many times as many: in all, a few dozen times."""

_LEAST_VALUE = 1e-9
"""What ready items are worth at least, together, so that a chapter with some has a share."""


@dataclass(frozen=True, slots=True)
class Candidate:
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
    """

    def __init__(self, experience: Experience, explore: float = 0.0) -> None:
        self._experience = experience
        self._lessons = experience.lessons
        self._exploration = Exploration(explore)
        self._shares = Shares()
        self._candidates: dict[int, Candidate] = {}
        self._groups: dict[int, tuple[float, Group]] = {}
        self._worths: dict[int, float] = {}
        self._values: dict[str, float] = {}
        self._chapters: dict[str, Frontier] = {}
        self._least_tried = Frontier()

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._candidates)

    def __contains__(self, item: object) -> bool:
        """Whether an item is among them."""
        return item in self._candidates

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

    def take(self) -> Candidate | None:
        """Takes out the item to attempt next and puts it on its chapter's account; ``None`` where there is none."""
        if not self._candidates:
            return None
        self._renew()
        item = self._least_tried.best() if self._exploration.is_due() else self._best()
        if item is None:
            return None
        candidate = self._candidates[item]
        cost = self._experience.expect(candidate.traits).cost_usd.mean
        self._shares.charge(candidate.chapter, max(cost, CHEAPEST_USD))
        self.remove(item)
        return candidate

    def _best(self) -> int | None:
        chapter = self._shares.turn()
        return None if chapter is None else self._chapters[chapter].best()

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
