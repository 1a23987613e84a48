"""What a campaign survives: ``python -m benchmarks.chaos --seed S --minutes T --json``.

Simulated campaigns run one after the other, each on a schedule of faults drawn from its seed: processes are killed with
-9, connections cut, messages dropped, doubled, delayed and reordered, the clock is stepped, the database locked, the
disk full, the hub away (in a long campaign once for a minute), an older backup restored. A coordinator that ends is
started again. From outside, the invariants are checked at every commit of ``main`` and at the end. With ``--demo`` it
is the demo's campaign, with real Lean, whose clock is left alone. What breaks an invariant is tried again with
``--schedule``, which takes the schedule as it was printed then.

Figures: for each invariant how often it was ``checked`` and ``broken``, and what was ``found``; how many ``campaigns``
ran, how many ``landings`` there were, and how often each of the ``faults`` struck. Exits with 1 when an invariant was
broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.arena import Arena
from benchmarks.faults import FAULTS
from benchmarks.invariants import NAMES, Invariants
from benchmarks.schedules import Schedule, draw_schedule, read_schedule
from coordinator.simulation.plan import Plan

QUICK_NODES = 4
PEACE_SECONDS = 400.0
"""How long a campaign may take to come to its end when nothing befalls it any more."""


def main(arguments: list[str] | None = None) -> int:
    """Run campaigns for some time and print what held."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description="Kills, cuts, drops and looks.")
    parser.add_argument("--seed", type=int, default=1, help="what schedules and campaigns are drawn from")
    parser.add_argument("--minutes", type=float, default=3.0, help="campaigns are begun for so long")
    parser.add_argument("--nodes", type=int, default=25, help="nodes of each campaign's book")
    parser.add_argument("--faults", nargs="*", choices=FAULTS, help="only these")
    parser.add_argument("--schedule", type=read_schedule, help="this one, as a run that found something printed it")
    parser.add_argument("--demo", action="store_true", help="the demo's campaign instead: real Lean, scripted agents")
    parser.add_argument("--quick", action="store_true", help=f"one campaign of {QUICK_NODES} nodes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    until = time.monotonic() + 60 * options.minutes
    total = Total()
    seed = options.seed
    while not total.campaigns or (time.monotonic() < until and not options.quick):
        schedule = options.schedule or _draw(options, seed)
        ended = run_campaign(schedule, demo=options.demo)
        total.add(ended)
        print(f"seed {schedule.seed}: {total.line()}", file=sys.stderr, flush=True)
        if ended.broken:
            print(f"again: --schedule '{schedule.written()}'", file=sys.stderr, flush=True)
        seed += 1
    print(json.dumps(total.figures(), indent=2) if options.json else total.text())
    return 1 if any(total.broken.values()) else 0


def _draw(options: argparse.Namespace, seed: int) -> Schedule:
    """The schedule that the options ask for. In a long run the hub is away for a whole minute once in each."""
    nodes = QUICK_NODES if options.quick else options.nodes
    faults = tuple(options.faults or (name for name in FAULTS if name != "step_clock" or not options.demo))
    return draw_schedule(seed, nodes, faults, is_long=not options.quick)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one campaign.

    Attributes:
        schedule: what befell it.
        invariants: what was checked, and what was broken.
        faults: how often each struck.
        landings: how many there were.
    """

    schedule: Schedule
    invariants: Invariants
    faults: Counter[str]
    landings: int

    @property
    def broken(self) -> dict[str, list[str]]:
        """What was found, by the invariant that it breaks; empty when all hold."""
        return {name: found for name, found in self.invariants.broken.items() if found}


class Total:
    """What was found in all campaigns."""

    def __init__(self) -> None:
        self.campaigns = self.landings = 0
        self.checked: Counter[str] = Counter()
        self.broken: dict[str, list[str]] = {name: [] for name in NAMES}
        self.faults: Counter[str] = Counter()

    def add(self, ended: Outcome) -> None:
        """Adds one campaign."""
        self.campaigns += 1
        self.landings += ended.landings
        self.checked += ended.invariants.checked
        self.faults += ended.faults
        for name, findings in ended.invariants.broken.items():
            self.broken[name] += [f"seed {ended.schedule.seed}: {finding}" for finding in findings]

    def line(self) -> str:
        """One line for whoever waits."""
        broken = {name: len(found) for name, found in self.broken.items() if found}
        return f"{self.campaigns} campaigns, {self.landings} landings, {sum(self.faults.values())} faults, {broken=}"

    def figures(self) -> dict[str, Any]:
        """Everything as JSON."""
        invariants = {
            name: {
                "what": what,
                "checked": self.checked[name],
                "broken": len(self.broken[name]),
                "found": self.broken[name][:5],
            }
            for name, what in NAMES.items()
        }
        return {
            "campaigns": self.campaigns,
            "landings": self.landings,
            "faults": dict(sorted(self.faults.items())),
            "invariants": invariants,
        }

    def text(self) -> str:
        """Everything as lines."""
        lines = [self.line()]
        for name, what in NAMES.items():
            lines.append(f"{self.checked[name]:>7} checked {len(self.broken[name]):>4} broken  {what}")
            lines += [f"{'':>24}{finding}" for finding in self.broken[name][:5]]
        return "\n".join(lines)


def run_campaign(schedule: Schedule, *, demo: bool = False) -> Outcome:
    """Runs one campaign to its end, and lets happen to it what a schedule says."""
    plan = Plan(
        schedule.nodes,
        attempts=4 * schedule.nodes,
        concurrency=schedule.concurrency,
        seed=schedule.seed,
        speed=1500.0,
        push=True,
        budget_usd=schedule.budget_usd,
    )
    faults = list(schedule.faults)
    struck: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="blueprover-chaos-") as scratch,
        Arena(Path(scratch), plan, demo=demo) as arena,
    ):
        invariants = arena.invariants
        while faults and not arena.over:
            landed = arena.watch()
            if faults[0].landings <= landed:
                fault = faults.pop(0)
                FAULTS[fault.name](arena, fault)
                struck[fault.name] += 1
        until = time.monotonic() + PEACE_SECONDS
        while not arena.over and time.monotonic() < until:
            arena.watch()
        invariants.expect(
            "ends", "" if arena.over else f"{arena.watch()} landings after {PEACE_SECONDS:.0f} s of peace"
        )
        landings = arena.watch()
        arena.end()
        invariants.look_at_end(arena.leftovers())
    return Outcome(schedule, invariants, struck + Counter(arena.broker.counts), landings)


if __name__ == "__main__":
    sys.exit(main())
