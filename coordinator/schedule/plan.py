"""Plans: what the rest of a campaign will probably cost and how long it will take, by playing it through many times.

Each play draws how far the forecasts are off, the same way everywhere, since they rest on the same few attempts; then
attempt after attempt, in the order in which the scheduler would send them to the slots there are. The draws come from a
fixed seed: the same state gives the same plan.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from coordinator.schedule.experience import narrowest_group
from coordinator.schedule.racing import RaceRules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.schedule.experience import Experience, Forecast, Traits

SEED = 20_260_401
"""Where all draws begin."""

_PLAYED = 200_000
"""Attempts played in all, about: small campaigns are played more often than large ones."""

_FEWEST, _MOST = 20, 400


@dataclass(frozen=True, slots=True)
class Task:
    """An item that is still to be landed.

    Attributes:
        item: its id.
        needs: ids of the items that must have landed before it can be attempted; with one that is no task it never
            can.
        traits: of its next attempt.
        unblocks: how many nodes rest on its node.
        pinned: whether somebody asked for the model in its traits, so that no other makes a later attempt.
    """

    item: int
    needs: tuple[int, ...]
    traits: Traits
    unblocks: int = 0
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """What the rest of a campaign is done with.

    Attributes:
        slots: agents at once.
        max_attempts: at an item before it is given up.
        race: how many attempts at an item there are at once, and by which models.
    """

    slots: int
    max_attempts: int
    race: RaceRules = field(default_factory=RaceRules)


@dataclass(frozen=True, slots=True)
class Interval:
    """Of ten plays one is below `low`, one above `high`, and five are on either side of `middle`."""

    low: float
    middle: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the plays say: dollars, seconds, attempts, items left unlanded at the end; and how many plays there were."""

    cost_usd: Interval
    seconds: Interval
    attempts: Interval
    unlanded: Interval
    plays: int


def estimate(tasks: Sequence[Task], experience: Experience, means: Means, seed: int = SEED) -> Estimate:
    """What landing the tasks will cost.

    Args:
        tasks: what is left.
        experience: what has been learnt of attempts, or assumed.
        means: what it is done with.
        seed: where the draws begin.
    """
    if means.slots < 1 or not tasks:
        nothing = Interval(0.0, 0.0, 0.0)
        return Estimate(nothing, nothing, nothing, _interval([float(len(tasks))]), 0)
    plays = min(max(_PLAYED // (3 * len(tasks)), _FEWEST), _MOST)
    dice = (Random(seed + number) for number in range(plays))  # noqa: S311 - draws to be repeated, no secrets
    rest = _Rest(tasks, experience, means)
    ends = [_Play(rest, means, random).run() for random in dice]
    return Estimate(
        cost_usd=_interval([end.cost_usd for end in ends]),
        seconds=_interval([end.seconds for end in ends]),
        attempts=_interval([end.attempts for end in ends]),
        unlanded=_interval([end.unlanded for end in ends]),
        plays=plays,
    )


def _interval(values: list[float]) -> Interval:
    ordered = sorted(values)
    low, middle, high = (ordered[round(part * (len(ordered) - 1))] for part in (0.1, 0.5, 0.9))
    return Interval(low, middle, high)


@dataclass(slots=True)
class _End:
    """What one play came to."""

    cost_usd: float = 0.0
    seconds: float = 0.0
    attempts: float = 0.0
    unlanded: float = 0.0


class _Run(NamedTuple):
    """An attempt under way: in the order in which they end; the place tells apart what ends at the same moment."""

    until: float
    place: int
    item: int
    chance: float
    seconds: float
    cost_usd: float


class _Turn(NamedTuple):
    """An attempt to be begun: in the order in which slots go round, races taking what is left over."""

    racers: int
    holds_up: int
    place: int
    item: int


class _Rest:
    """What is the same in all plays: who waits for whom, and what to expect of attempts.

    Tasks of which the same is expected are of one sort: there are far fewer sorts than tasks.
    """

    def __init__(self, tasks: Sequence[Task], experience: Experience, means: Means) -> None:
        self.tasks = {task.item: task for task in tasks}
        self.waits = {task.item: len(set(task.needs)) for task in tasks}
        self.users: dict[int, list[int]] = {}
        for task in tasks:
            for need in set(task.needs):
                self.users.setdefault(need, []).append(task.item)
        self._experience, self._race = experience, means.race
        sorts: dict[tuple[object, ...], int] = {}
        self.sorts = {task.item: sorts.setdefault(self._sort_of(task), len(sorts)) for task in tasks}
        self._forecasts: dict[tuple[int, int], Forecast] = {}

    def _sort_of(self, task: Task) -> tuple[object, ...]:
        held_up = task.unblocks if self._chooses_model(task) else 0
        return (*narrowest_group(task.traits), task.traits.attempts, held_up, task.pinned)

    def _chooses_model(self, task: Task) -> bool:
        return len(self._race.tiers) > 1 and not task.pinned

    def forecast(self, item: int, before: int) -> Forecast:
        """What to expect of an attempt after so many others of this play."""
        key = self.sorts[item], before
        found = self._forecasts.get(key)
        if found is None:
            task = self.tasks[item]
            traits = task.traits._replace(attempts=task.traits.attempts + before)
            if before and self._chooses_model(task):
                traits = traits._replace(model=self._race.model(task.unblocks, traits.attempts))
            found = self._forecasts[key] = self._experience.expect(traits)
        return found


class _Play:
    """One play of the rest of a campaign."""

    def __init__(self, rest: _Rest, means: Means, random: Random) -> None:
        self._rest, self._means, self._random = rest, means, random
        self._luck, self._price, self._pace = (random.gauss() for _ in range(3))
        self._waits = dict(rest.waits)
        self._places = count()
        self._ready: list[_Turn] = []
        self._queued: dict[int, _Turn] = {}
        self._landed, self._revoked = set[int](), set[int]()
        self._running: list[_Run] = []
        self._racers, self._failures = dict.fromkeys(rest.tasks, 0), dict.fromkeys(rest.tasks, 0)
        self._known: dict[tuple[int, int], tuple[float, float, float]] = {}
        self._end = _End(unlanded=float(len(rest.tasks)))
        for item, waits in self._waits.items():
            if not waits:
                self._queue_if_wanted(item)

    def run(self) -> _End:
        now = 0.0
        while self._ready or self._running:
            while self._ready and len(self._running) - len(self._revoked) < self._means.slots:
                self._start(heapq.heappop(self._ready), now)
            if not self._running:
                break
            ended = heapq.heappop(self._running)
            if ended.place in self._revoked:
                self._revoked.remove(ended.place)
                continue
            now = ended.until
            self._finish(ended)
        self._end.seconds = now
        return self._end

    def _start(self, turn: _Turn, now: float) -> None:
        item = turn.item
        if self._queued.get(item) is not turn:
            return
        del self._queued[item]
        chance, cost, seconds = self._expect(item)
        # Long attempts are dear ones, and some are many times as long as most.
        size = self._random.expovariate(1.0)
        cost, seconds = cost * size, seconds * size
        self._end.cost_usd += cost
        self._end.attempts += 1
        self._racers[item] += 1
        heapq.heappush(self._running, _Run(now + seconds, next(self._places), item, chance, seconds, cost))
        self._queue_if_wanted(item)

    def _finish(self, ended: _Run) -> None:
        item = ended.item
        self._racers[item] -= 1
        if self._random.random() < ended.chance:
            self._land(item, ended.until)
        else:
            self._failures[item] += 1
            self._queue_if_wanted(item)

    def _land(self, item: int, now: float) -> None:
        self._end.unlanded -= 1
        self._landed.add(item)
        self._queued.pop(item, None)
        if self._racers[item]:
            self._revoke(item, now)
        for user in self._rest.users.get(item, ()):
            self._waits[user] -= 1
            if not self._waits[user]:
                self._queue_if_wanted(user)

    def _revoke(self, item: int, now: float) -> None:
        """Ends the other attempts at an item that landed: they cost what they had used by then."""
        for run in self._running:
            if run.item == item and run.place not in self._revoked:
                self._revoked.add(run.place)
                self._end.cost_usd -= run.cost_usd * (run.until - now) / run.seconds if run.seconds else 0.0

    def _queue_if_wanted(self, item: int) -> None:
        """Queues one attempt more at an item, if there are to be more: behind all items at which there are fewer."""
        task, race, racers = self._rest.tasks[item], self._means.race, self._racers[item]
        failed = task.traits.attempts + self._failures[item]
        left = self._means.max_attempts - failed
        queued = self._queued.get(item)
        if item in self._landed or racers >= race.width(task.unblocks, failed, left) or left <= 0:
            return
        if queued is None or queued.racers > racers:
            turn = self._queued[item] = _Turn(racers, -task.unblocks, next(self._places), item)
            heapq.heappush(self._ready, turn)

    def _expect(self, item: int) -> tuple[float, float, float]:
        """Chance, dollars and seconds of the next attempt at an item, as they are in this play.

        Attempts under way are reckoned as failed, as where one is sent in earnest.
        """
        before = self._failures[item] + self._racers[item]
        key = self._rest.sorts[item], before
        known = self._known.get(key)
        if known is None:
            forecast = self._rest.forecast(item, before)
            known = self._known[key] = (
                forecast.chance.off_by(self._luck),
                forecast.cost_usd.off_by(self._price),
                forecast.seconds.off_by(self._pace),
            )
        return known
