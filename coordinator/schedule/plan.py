"""Plans: what the rest of a campaign will probably cost and how long it will take, by playing it through many times.

Each play draws how far the forecasts are off, the same way everywhere, since they rest on the same few attempts; then
attempt after attempt, in the order in which the scheduler would send them to the slots there are. The draws come from a
fixed seed: the same state gives the same plan.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.schedule.experience import Experience, Traits

SEED = 20_260_401
"""Where all draws begin."""

_PLAYED = 400_000
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
    """

    item: int
    needs: tuple[int, ...]
    traits: Traits
    unblocks: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """What the rest of a campaign is done with: agents at once, and attempts at an item before it is given up."""

    slots: int
    max_attempts: int


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
    ends = [_Play(tasks, experience, means, random).run() for random in dice]
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


class _Play:
    """One play of the rest of a campaign."""

    def __init__(self, tasks: Sequence[Task], experience: Experience, means: Means, random: Random) -> None:
        self._tasks: Mapping[int, Task] = {task.item: task for task in tasks}
        self._experience, self._means, self._random = experience, means, random
        self._luck, self._price, self._pace = (random.gauss() for _ in range(3))
        self._waits = {task.item: len(set(task.needs)) for task in tasks}
        self._users: dict[int, list[int]] = {}
        for task in tasks:
            for need in set(task.needs):
                self._users.setdefault(need, []).append(task.item)
        self._places = count()
        self._ready = [(-task.unblocks, next(self._places), task.item) for task in tasks if not task.needs]
        heapq.heapify(self._ready)
        self._running: list[tuple[float, int, int]] = []
        self._failures: dict[int, int] = {}
        self._known: dict[Traits, tuple[float, float, float]] = {}
        self._end = _End(unlanded=float(len(tasks)))

    def run(self) -> _End:
        now = 0.0
        while self._ready or self._running:
            while self._ready and len(self._running) < self._means.slots:
                self._start(heapq.heappop(self._ready)[2], now)
            now, _, item = heapq.heappop(self._running)
            self._finish(item)
        self._end.seconds = now
        return self._end

    def _start(self, item: int, now: float) -> None:
        _, cost, seconds = self._expect(item)
        # Long attempts are dear ones, and some are many times as long as most.
        size = self._random.expovariate(1.0)
        self._end.cost_usd += cost * size
        self._end.attempts += 1
        heapq.heappush(self._running, (now + seconds * size, next(self._places), item))

    def _finish(self, item: int) -> None:
        chance, _, _ = self._expect(item)
        if self._random.random() < chance:
            self._end.unlanded -= 1
            for user in self._users.get(item, ()):
                self._waits[user] -= 1
                if not self._waits[user]:
                    self._queue(user)
            return
        failures = self._failures[item] = self._failures.get(item, 0) + 1
        if self._tasks[item].traits.attempts + failures < self._means.max_attempts:
            self._queue(item)

    def _queue(self, item: int) -> None:
        heapq.heappush(self._ready, (-self._tasks[item].unblocks, next(self._places), item))

    def _expect(self, item: int) -> tuple[float, float, float]:
        """Chance, dollars and seconds of the next attempt at an item, as they are in this play."""
        traits = self._tasks[item].traits
        failures = self._failures.get(item, 0)
        if failures:
            traits = traits._replace(attempts=traits.attempts + failures)
        known = self._known.get(traits)
        if known is None:
            forecast = self._experience.expect(traits)
            known = self._known[traits] = (
                forecast.chance.off_by(self._luck),
                forecast.cost_usd.off_by(self._price),
                forecast.seconds.off_by(self._pace),
            )
        return known
