"""What the engine costs per attempt: ``python -m benchmarks.engine --nodes N --attempts M --concurrency C --json``.

A campaign over a made-up book runs with simulated agents and builders that take no time; the loop, the store, the
broker, Celery, the worker processes and git are real. Every attempt succeeds, is certified and lands, without reviews;
with more attempts than the book has stages, so many fail. Half-way the campaign is stopped and started again.

Figures:
    cpu_ms_per_attempt: CPU milliseconds of coordinator, workers, broker and all git processes per attempt, from
        dispatch to landing, start and end left out, divided by ``calibration``.
    calibration: CPU time of a fixed loop of pure Python before, between and after, on average, as a multiple of 50 ms.
        Above 1 the machine was slow.
    cpu_ms_raw: the same, not divided.
    attempts_per_s, landings_per_s: per second of wall clock.
    peak_rss_mb: most memory of coordinator, workers and broker together, shared pages counted each time.
    decide_ms_p99: 99th percentile of the CPU milliseconds of one decision, `decide` alone, not divided.
    restart_s: seconds from starting the coordinator on the half-finished campaign to its first new job.
    cpu_ms_of: where the CPU goes, per attempt and divided likewise: processes, and git under those who call it.

``--profile`` also tells on standard error which functions of the coordinator and of the workers take the time;
``--push`` has the agents push their branches.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from benchmarks.processes import REFERENCE_SECONDS, calibration_seconds, family, peak_mb
from benchmarks.sampling import Sampler
from coordinator.engine import reconcile
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.simulation.running import await_workers, open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coordinator.campaign.campaign import Campaign
    from coordinator.simulation.running import Run

NODES, CONCURRENCY = 300, 256
QUICK_NODES, QUICK_CONCURRENCY = 12, 8


@dataclass
class Measured:
    """What was measured while attempts ran, added up over the stretches."""

    attempts: int = 0
    landings: int = 0
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    calibrations: list[float] = field(default_factory=list)
    timings: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="Measures the engine.")
    parser.add_argument("--nodes", type=int, help=f"nodes of the book; {NODES} by default")
    parser.add_argument("--attempts", type=int, help="attempts in all; one for each stage of the book by default")
    parser.add_argument("--concurrency", type=int, help=f"agents at once; {CONCURRENCY} by default")
    parser.add_argument("--seed", type=int, default=1, help="what the book is made from")
    parser.add_argument("--push", action="store_true", help="agents push their branches to the hub")
    parser.add_argument("--profile", action="store_true", help="tell which functions take the time")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_NODES} nodes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    nodes = options.nodes or (QUICK_NODES if options.quick else NODES)
    concurrency = options.concurrency or (QUICK_CONCURRENCY if options.quick else CONCURRENCY)
    plan = Plan(nodes, options.attempts or nodes, concurrency, options.seed, speed=0, reviews=False, push=options.push)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    figures = measure(plan, whole_book=options.attempts is None, profile=options.profile)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:>20}  {figure}" for name, figure in figures.items()))


def measure(plan: Plan, *, whole_book: bool, profile: bool) -> dict[str, Any]:
    """The figures of one plan."""
    measured = Measured(calibrations=[calibration_seconds()])
    with tempfile.TemporaryDirectory(prefix="blueprover-engine-") as scratch:
        campaign = found_simulation(Path(scratch) / "campaign", plan)
        with timed(measured.timings, "decide"):
            _stretch(campaign, measured, plan.attempts // 2, profile=profile)
            measured.calibrations.append(calibration_seconds())
            restart_s = _restart(campaign)
            _stretch(campaign, measured, None if whole_book else plan.attempts, profile=profile)
    measured.calibrations.append(calibration_seconds())
    return _figures(measured, restart_s)


def _stretch(campaign: Campaign, measured: Measured, until: int | None, *, profile: bool) -> None:
    """Runs until so many attempts have ended, and adds up what that took from when the workers were up."""
    with open_run(campaign) as run:
        await_workers(run.services)
        with Sampler(enabled=profile) as sampler:
            _measure(run, measured, run.after(until) if until is not None else lambda: False)
        if profile:
            sampler.tell(sys.stderr)


def _restart(campaign: Campaign) -> float:
    """Starts the campaign again and stops it at its first new attempt; the seconds until then."""
    begun = time.monotonic()
    with open_run(campaign) as run:
        last = run.sent_attempts()
        run.go_on(lambda: run.sent_attempts() > last)
        return time.monotonic() - begun


def _measure(run: Run, measured: Measured, enough: Callable[[], bool]) -> None:
    before, cpu, begun = run.tally(), _cpu(), time.monotonic()
    run.go_on(enough)
    after = run.tally()
    measured.seconds += time.monotonic() - begun
    measured.attempts += after.settled - before.settled
    measured.landings += after.landings - before.landings
    for name, seconds in _cpu().items():
        measured.cpu[name] = measured.cpu.get(name, 0.0) + seconds - cpu.get(name, 0.0)
    held = sum(peak_mb(process.pid) for process in family(os.getpid()) if _role(process.command) != "git")
    measured.peak_mb = max(measured.peak_mb, held)


def _cpu() -> dict[str, float]:
    """CPU seconds so far by who used them; those of ended git processes under who waited for them."""
    used: dict[str, float] = {}
    roles: dict[int, str] = {}
    for process in family(os.getpid()):
        own = _role(process.command) if process.pid != os.getpid() else "coordinator"
        caller = roles.get(process.parent, "coordinator")
        roles[process.pid] = caller if own == "git" else own
        name = f"git of {caller}" if own == "git" else own
        used[name] = used.get(name, 0.0) + process.own_seconds
        waited = f"git of {roles[process.pid]}"
        used[waited] = used.get(waited, 0.0) + process.waited_seconds
    return used


def _role(command: str) -> str:
    for word, role in (("--queue agents", "agents worker"), ("--queue builds", "builds worker"), ("valkey", "broker")):
        if word in command:
            return role
    return "git"


@contextmanager
def timed(timings: dict[str, list[float]], *names: str) -> Iterator[None]:
    """Measures every call of functions that the loop imports by these names, while the context lasts."""
    originals = {name: getattr(reconcile, name) for name in names}
    for name, original in originals.items():
        setattr(reconcile, name, _timed(original, timings.setdefault(name, [])))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(reconcile, name, original)


def _timed(function: Callable[..., Any], taken: list[float]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        begun = time.thread_time()
        try:
            return function(*arguments)
        finally:
            taken.append((time.thread_time() - begun) * 1000)

    return call


def _figures(measured: Measured, restart_s: float) -> dict[str, Any]:
    calibration = statistics.mean(measured.calibrations) / REFERENCE_SECONDS
    raw = {name: seconds * 1000 / measured.attempts for name, seconds in measured.cpu.items()}
    return {
        "attempts": measured.attempts,
        "attempts_per_s": round(measured.attempts / measured.seconds, 2),
        "landings_per_s": round(measured.landings / measured.seconds, 2),
        "cpu_ms_per_attempt": round(sum(raw.values()) / calibration, 2),
        "cpu_ms_raw": round(sum(raw.values()), 2),
        "calibration": round(calibration, 3),
        "peak_rss_mb": round(measured.peak_mb, 1),
        "decide_ms_p99": _p99(measured.timings["decide"]),
        "restart_s": round(restart_s, 2),
        "cpu_ms_of": {name: round(ms / calibration, 2) for name, ms in sorted(raw.items()) if ms > 0},
    }


def _p99(taken: list[float]) -> float:
    return round(sorted(taken)[int(len(taken) * 0.99)], 2) if taken else 0.0


if __name__ == "__main__":
    main()
