"""Readiness: which items can be worked on, kept in step with the campaign's state."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

from coordinator.schedule.agenda import Agenda, Candidate
from coordinator.schedule.experience import Experience, prior_of, traits_of
from coordinator.schedule.racing import count_racers, race_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from blueprint import DependencyGraph, Stage
    from coordinator.campaign.settings import Settings
    from coordinator.schedule.state import CampaignState, Item


_STAGES: tuple[Stage, ...] = ("statement", "proof")


class Readiness:
    r"""The items that are open, ready and idle, in the order they are to be begun.

    It is a view of a state: made from one, and told with `follow` which items changed in it. It then holds what a new
    one made of that state would hold, at a cost that grows with the change and not with the book.

    A statement is ready when its node is not marked ``\notready`` and all its statement uses is stated on ``main``; a
    proof when its statement has landed and all that statement and proof use is stated (see `blueprint.ready_stages`).

    Args:
        graph: the book's graph.
        state: the campaign's state, whose changes are told to `follow`.
        settings: say after how many attempts an item is `exhausted`, and how much is explored.
        experience: what the campaign has learnt; nothing when left out.

    Attributes:
        experience: the same, to be told what is learnt.
    """

    def __init__(
        self, graph: DependencyGraph, state: CampaignState, settings: Settings, experience: Experience | None = None
    ) -> None:
        self._graph = graph
        self._state = state
        self._settings = settings
        self._race = race_rules(settings)
        self.experience = experience or Experience(prior_of(settings))
        self._order = graph.places
        self._stated = {label for label, stages in state.landed.items() if stages and label in self._order}
        self._waiting: dict[int, Candidate] = {}
        self._later: list[tuple[float, int]] = []
        self._exhausted: set[int] = set()
        self._now = math.inf
        known = [item for item in state.by_id.values() if item.state == "open" and item.label in self._order]
        now = [self._candidate(item) for item in known if self._enter(item)]
        self._agenda = Agenda(self.experience, settings.explore, now)

    @property
    def exhausted(self) -> tuple[int, ...]:
        """Ids of idle items that used up their attempts, in order."""
        return tuple(sorted(self._exhausted))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ready and idle, now or when its back-off is over."""
        return not self._agenda and not self._waiting

    def ready(self, now: float, is_closed: Callable[[str], bool] = lambda _: False) -> Iterator[Item]:
        """Items that can be begun, the best first.

        Args:
            now: seconds since the epoch, by which back-offs are judged.
            is_closed: says of a chapter, whenever it is looked at, that nothing more is to be begun in it.
        """
        if now < self._now:
            self._end_false_waits(now)
        self._now = now
        while self._later and self._later[0][0] <= now:
            _, due = heapq.heappop(self._later)
            candidate = self._waiting.get(due)
            if candidate is not None and self._state.by_id[due].not_before <= now:
                del self._waiting[due]
                self._agenda.put(candidate)
        return (self._state.by_id[candidate.item] for candidate in self._agenda.upcoming(is_closed))

    def _end_false_waits(self, now: float) -> None:
        """Lets go of items whose wait is longer than any: it was set by a clock that has been set back since."""
        for item, candidate in list(self._waiting.items()):
            if not self._is_wait(self._state.by_id[item].not_before, now):
                del self._waiting[item]
                self._agenda.put(candidate)

    def _is_wait(self, until: float, now: float) -> bool:
        return now < until <= now + self._settings.retry.max_backoff_seconds

    def racers(self, now: float, is_closed: Callable[[str], bool] = lambda _: False) -> Iterator[Item]:
        """Items at work that may have one attempt more at once, those with the fewest first, then the most valuable.

        Args:
            now: seconds since the epoch, by which back-offs are judged.
            is_closed: as for `ready`.
        """
        if self._race.max_width <= 1:
            return
        racing = [
            (count, self._candidate(item))
            for number, count in count_racers(self._state).items()
            if (item := self._state.by_id.get(number)) is not None and self._may_race(item, count, now)
        ]
        racing.sort(key=lambda entry: (entry[0], -entry[1].value, entry[1].place))
        for _, candidate in racing:
            if not is_closed(candidate.chapter):
                yield self._state.by_id[candidate.item]

    def _may_race(self, item: Item, at_work: int, now: float) -> bool:
        """Whether an item that is at work may have one attempt more."""
        if item.state != "open" or item.label not in self._order or not self._is_ready(item):
            return False
        if self._is_wait(item.not_before, now):
            return False
        left = self._settings.retry.max_attempts - item.attempts
        failures = max(item.attempts - at_work, 0)
        return left > 0 and at_work < self._race.width(self._graph.leverage(item.label), failures, at_work + left)

    def model_for(self, item: Item, number: int) -> str:
        """The model that makes attempt `number` at an item: the one that a person chose, or that of its tier."""
        before = max(item.attempts + number - 1 - item.sent, 0)
        return item.model or self._race.model(self._graph.leverage(item.label), before)

    def follow(self, changed: Iterable[int]) -> None:
        """Takes note of items that changed: landed, given up, tried, begun, put off or left alone again."""
        for number in changed:
            item = self._state.by_id.get(number)
            if item is None or item.label not in self._order:
                continue
            candidate = self._agenda.get(number)
            if candidate is not None and item.sent > candidate.traits.attempts:
                self._agenda.note_sent(candidate)
            for label in (item.label, *self._notice_statement(item.label)):
                self._place_node(label)

    def _place_node(self, label: str) -> None:
        for stage in _STAGES:
            item = self._state.items.get((label, stage))
            if item is not None:
                self._exhausted.discard(item.id)
                self._waiting.pop(item.id, None)
                if self._enter(item):
                    self._agenda.put(self._candidate(item))
                else:
                    self._agenda.remove(item.id)

    def _candidate(self, item: Item) -> Candidate:
        label, sent = item.label, item.sent
        node = self._graph.blueprint.by_label[label]
        traits = traits_of(node, item.stage, sent, self.model_for(item, sent + 1))
        leverage = self._graph.leverage(label)
        return Candidate(item.id, self._order[label], str(node.chapter), leverage, traits, item.boost)

    def _notice_statement(self, label: str) -> tuple[str, ...]:
        """Takes note that a node is stated, or no longer; returns the nodes that use it if that is news."""
        if bool(self._state.landed.get(label)) == (label in self._stated):
            return ()
        self._stated ^= {label}
        return self._graph.users(label)

    def _enter(self, item: Item) -> bool:
        """Says whether an item can be begun now; one that can be begun later, or never again, is taken note of."""
        if not self._state.is_idle(item.id):
            return False
        if item.attempts >= self._settings.retry.max_attempts:
            self._exhausted.add(item.id)
            return False
        if not self._is_ready(item):
            return False
        if not item.not_before or item.not_before > self._now + self._settings.retry.max_backoff_seconds:
            return True
        self._waiting[item.id] = self._candidate(item)
        heapq.heappush(self._later, (item.not_before, item.id))
        return False

    def _is_ready(self, item: Item) -> bool:
        label, is_proof = item.label, item.stage == "proof"
        if ("statement" in self._state.landed.get(label, ())) != is_proof:
            return False
        if not self._stated.issuperset(self._graph.statement_uses(label)):
            return False
        if self._graph.blueprint.by_label[label].marks.notready:
            return False
        return not is_proof or self._stated.issuperset(self._graph.proof_uses(label))
