"""Three policies of a merge queue on one trace, simulated: what `benchmarks.landing` says of policy.

Branches arrive by chance at a steady rate, each with one module of its own, and some are still broken when they are
built. A build takes a minute, and twenty seconds for each module that has no certificate, as many modules at once as
a builder has cores. Git takes no time here; how long it takes is measured by `benchmarks.landing_git`.

*Serial*: one branch at a time, a full build each. *Bisection*: all that waits is built as one batch; a batch that fails
is halved, and the halves go first. *Ours* asks `coordinator.queue.decide`, the real one, what to do.
"""

from __future__ import annotations

import heapq
import random
import statistics
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coordinator.queue import (
    Batch,
    Bounce,
    Branch,
    Build,
    Certificate,
    Land,
    MergeQueue,
    ModuleRecord,
    Rules,
    Screen,
    Screening,
    Settle,
    Source,
    Tip,
    certificate_key,
    decide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.queue import Action

SEED = 20_261_126
BUILD_SECONDS = 60.0
MODULE_SECONDS = 20.0
NO_AUDITS = 1 << 30
"""Landings between two audits: those take builders that the other policies are not charged for either."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A branch: when it is approved, in seconds, and whether its module builds."""

    at: float
    good: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """What there is to build with, and for how many hours branches come."""

    hours: float
    builders: int = 8
    cores: int = 8

    def build_seconds(self, modules: int) -> float:
        """How long one build of so many modules takes."""
        return BUILD_SECONDS + MODULE_SECONDS * -(-modules // self.cores)


@dataclass
class Outcome:
    """What a policy achieved: when each branch landed, by place in the trace; and how many builds it ran."""

    landed: dict[int, float] = field(default_factory=dict)
    builds: int = 0

    def per_hour(self, setting: Setting) -> float:
        """Branches landed an hour while they came."""
        return round(sum(at <= setting.hours * 3600 for at in self.landed.values()) / setting.hours, 1)

    def median_wait(self, trace: Sequence[Arrival]) -> float:
        """Seconds from approval to landing, the median of those that landed."""
        return round(statistics.median(at - trace[place].at for place, at in self.landed.items()), 1)


def draw_trace(per_hour: float, bad: float, hours: float) -> list[Arrival]:
    """Branches that arrive by chance at a steady rate, of which a share does not build."""
    luck, now, trace = random.Random(SEED), 0.0, list[Arrival]()
    while (now := now + luck.expovariate(per_hour / 3600)) < hours * 3600:
        trace.append(Arrival(now, luck.random() >= bad))
    return trace


def run_serial(trace: Sequence[Arrival], setting: Setting) -> Outcome:
    """One at a time, each built in full on the tip."""
    outcome, now = Outcome(), 0.0
    for place, arrival in enumerate(trace):
        now = max(now, arrival.at) + setting.build_seconds(1)
        if now > setting.hours * 3600:
            break
        outcome.builds += 1
        if arrival.good:
            outcome.landed[place] = now
    return outcome


def run_bisection(trace: Sequence[Arrival], setting: Setting) -> Outcome:
    """One batch at a time, of all that waits; a batch that fails is halved, and its halves go first."""
    outcome, now, following = Outcome(), 0.0, 0
    halves: deque[Sequence[int]] = deque()
    while now < setting.hours * 3600 and (halves or following < len(trace)):
        if not halves:
            now = max(now, trace[following].at)
            first = following
            while following < len(trace) and trace[following].at <= now:
                following += 1
            halves.append(range(first, following))
        batch = halves.popleft()
        now += setting.build_seconds(len(batch))
        outcome.builds += 1
        if all(trace[place].good for place in batch):
            outcome.landed |= dict.fromkeys(batch, now)
        elif len(batch) > 1:
            middle = len(batch) // 2
            halves.extendleft((batch[middle:], batch[:middle]))
    return outcome


class Ours:
    """The merge queue's own decisions, carried out in simulated time.

    Attributes:
        outcome: what it achieved.
        decisions: CPU seconds each decision took.
    """

    def __init__(self, trace: Sequence[Arrival], setting: Setting) -> None:
        self._trace = trace
        self._setting = setting
        self._ends: list[tuple[float, int]] = []
        self._now = 0.0
        self.outcome = Outcome()
        self.decisions: list[float] = []
        self._modules = {_module(place): ModuleRecord("open", _interface(place), {}) for place in range(len(trace))}
        self._known: dict[str, Certificate] = {}
        self._screenings: dict[int, Screening] = {}
        self._queue = MergeQueue(
            Tip("0", self._modules),
            screenings=self._screenings,
            known=self._known,
            builders=setting.builders,
            rules=Rules(audit_every=NO_AUDITS),
        )

    def run(self) -> Outcome:
        """Goes on until branches come no more."""
        following = 0
        while following < len(self._trace) or self._ends:
            arrives = self._trace[following].at if following < len(self._trace) else self._setting.hours * 3600
            self._now = min([arrives, *(end for end, _ in self._ends[:1])])
            if self._now >= self._setting.hours * 3600:
                break
            if self._now == arrives:
                self._arrive(following)
                following += 1
            else:
                self._end_build(heapq.heappop(self._ends)[1])
            self._act()
        return self.outcome

    def _arrive(self, place: int) -> None:
        changes = {_module(place): ModuleRecord(_source(place), _interface(place), {})}
        branch = Branch(place, f"h{place}", f"h{place}", changes, since=self._now)
        self._queue = replace(self._queue, branches=(*self._queue.branches, branch))

    def _act(self) -> None:
        while actions := self._decide():
            for action in actions:
                self._carry_out(action)

    def _decide(self) -> list[Action]:
        begun = time.process_time()
        actions = decide(self._queue, self._now)
        self.decisions.append(time.process_time() - begun)
        return actions

    def _carry_out(self, action: Action) -> None:
        match action:
            case Screen(members):
                self._screenings |= {each.number: _screening(each.number) for each in members}
            case Build(members, tip):
                self.outcome.builds += 1
                batch = Batch(self.outcome.builds, members, tip)
                self._queue = replace(self._queue, batches=(*self._queue.batches, batch))
                heapq.heappush(self._ends, (self._now + self._setting.build_seconds(len(members)), batch.id))
            case Land(units):
                self._land([member.number for unit in units for member in unit.members])
            case Bounce(member):
                self._remove({member.number})
            case Settle(number, window):
                kept = tuple(each for each in self._queue.batches if each.id != number)
                self._queue = replace(self._queue, batches=kept, window=window)

    def _end_build(self, number: int) -> None:
        batch = next(each for each in self._queue.batches if each.id == number)
        failures: dict[str, str] = {}
        for place in (member.number for member in batch.members):
            good = self._trace[place].good
            key = certificate_key(_module(place), _source(place), {})
            self._known[key] = Certificate(_interface(place)) if good else Certificate("", "unsolved goals")
            failures |= {} if good else {_module(place): "unsolved goals"}
        ended = replace(batch, state="red" if failures else "green", failures=failures)
        batches = tuple(ended if each.id == number else each for each in self._queue.batches)
        self._queue = replace(self._queue, batches=batches)

    def _land(self, places: Sequence[int]) -> None:
        self.outcome.landed |= dict.fromkeys(places, self._now)
        self._modules |= {_module(each): ModuleRecord(_source(each), _interface(each), {}) for each in places}
        self._queue = replace(self._queue, tip=Tip(str(len(self.outcome.landed)), self._modules))
        self._remove(set(places))

    def _remove(self, places: set[int]) -> None:
        kept = tuple(each for each in self._queue.branches if each.number not in places)
        self._queue = replace(self._queue, branches=kept)


def _module(place: int) -> str:
    return f"Book.M{place}"


def _source(place: int) -> str:
    return f"proved {place}"


def _interface(place: int) -> str:
    return f"states {place}"


def _screening(place: int) -> Screening:
    return Screening(f"h{place}", {_module(place): Source(_source(place))}, {_module(place): "open"})


def measure_policies(*, quick: bool) -> dict[str, float]:
    """The figures of the policies, for 1,200 branches an hour of which one in ten is broken, and eight builders.

    Returns:
        ``serial_per_h``, ``bors_per_h``, ``ours_per_h``: branches landed an hour; ``wait_p50_s``: ours, the median
        from approval to landing; ``builds_per_landing``: ours; ``decide_ms_p50``: CPU milliseconds of our median
        decision; and unless `quick` ``one_core_per_h``, ``one_core_wait_p50_s``: ours, where builders have one core.
    """
    setting = Setting(hours=1.0 if quick else 6.0)
    trace = draw_trace(1_200, 0.1, setting.hours)
    ours = Ours(trace, setting)
    found = ours.run()
    figures = {
        "serial_per_h": run_serial(trace, setting).per_hour(setting),
        "bors_per_h": run_bisection(trace, setting).per_hour(setting),
        "ours_per_h": found.per_hour(setting),
        "wait_p50_s": found.median_wait(trace),
        "builds_per_landing": round(found.builds / len(found.landed), 2),
        "decide_ms_p50": round(statistics.median(ours.decisions) * 1000, 3),
    }
    if not quick:
        narrow = Ours(trace, replace(setting, cores=1)).run()
        figures["one_core_per_h"] = narrow.per_hour(setting)
        figures["one_core_wait_p50_s"] = narrow.median_wait(trace)
    return figures
