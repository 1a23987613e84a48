"""What attempts cost that wait for a slow model: ``python -m benchmarks.waiting --attempts N --json``.

One worker process, the one that campaigns use, takes so many attempts from the broker. Each is a real one, with two
trees of its own, a transcript and the real client, and waits for a service that begins to answer and does not end.

Figures:
    waiting: attempts whose answer had begun at the same time.
    rss_mb: most memory that the worker's process has held until then; the aim is 600 MB for 4,000 attempts.
    kb_per_attempt: of it, beyond what the idle worker held.
    arrive_s: seconds from sending the orders until all wait.
    idle_cpu_percent: of one core, that the worker uses while all wait.
    beats_s: the longest the worker was silent meanwhile, in seconds, with heartbeats every four.
    end_s: seconds from the answers until the last report.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import Assignment, NodeBrief
from benchmarks.processes import family, peak_mb
from benchmarks.slow_model import SlowModel
from checker import Layout
from coordinator.git import attempt_ref
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.work.carrier import Carrier
from coordinator.work.orders import AgentOrder, Envelope, ModelAccess
from coordinator.work.reports import AttemptEnded, Beat
from coordinator.work.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from coordinator.campaign.campaign import Campaign

ATTEMPTS, QUICK_ATTEMPTS = 4000, 40
_AIM_MB = 600.0
_PATIENCE = 900.0
_IDLE_SECONDS, _QUICK_SECONDS = 12.0, 1.0
_KEY = "BLUEPROVER_BENCHMARK_KEY"
_MODEL = "claude-opus-4-5"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description="Measures waiting attempts.")
    parser.add_argument("--attempts", type=int, default=ATTEMPTS, help="attempts at once")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ATTEMPTS} attempts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = measure(QUICK_ATTEMPTS, _QUICK_SECONDS) if options.quick else measure(options.attempts, _IDLE_SECONDS)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k:>18}  {v}" for k, v in figures.items()))


def measure(attempts: int, idle_seconds: float) -> dict[str, Any]:
    """The figures of so many attempts at once, which are left waiting for so long.

    Raises:
        TimeoutError: they did not all come to wait, or did not all end.
    """
    os.environ[_KEY] = "none is needed"
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="blueprover-waiting-"))
        campaign = found_simulation(Path(scratch) / "campaign", Plan(50, 50, attempts))
        services = Services(campaign.settings, campaign.folder)
        stack.callback(services.stop)
        services.start()
        model = stack.enter_context(SlowModel())
        carrier = stack.enter_context(closing(Carrier(services.broker_url, "waiting")))
        _await(lambda: carrier.slots("agents") >= attempts, "the worker is up")
        return _measure(campaign, carrier, model, attempts, idle_seconds)


def _measure(
    campaign: Campaign, carrier: Carrier, model: SlowModel, attempts: int, idle_seconds: float
) -> dict[str, Any]:
    worker = next(each.pid for each in family(os.getpid()) if _is_worker(each.command))
    idle_mb, begun = peak_mb(worker), time.monotonic()
    for job in range(1, attempts + 1):
        carrier.send("agents", _order(campaign, carrier, model.url, job))
    carrier.flush()
    _await(lambda: model.waiting >= attempts, "all attempts wait")
    arrived = time.monotonic()
    carrier.acknowledge([identifier for identifier, _ in carrier.receive(0.0)])
    cpu, beats, waiting = _cpu_of(worker), _beats(carrier, idle_seconds), model.waiting
    used = (_cpu_of(worker) - cpu) / idle_seconds
    held = peak_mb(worker)
    ended = time.monotonic()
    model.answer_all()
    _hear_from(carrier, attempts)
    return {
        "waiting": waiting,
        "rss_mb": round(held, 1),
        "rss_aim_mb": _AIM_MB,
        "kb_per_attempt": round((held - idle_mb) * 1024 / attempts, 1),
        "arrive_s": round(arrived - begun, 1),
        "idle_cpu_percent": round(100 * used, 1),
        "beats_s": round(max(beats), 1),
        "end_s": round(time.monotonic() - ended, 1),
    }


def _is_worker(command: str) -> bool:
    return "--queue agents" in command and "tether" not in command


def _order(campaign: Campaign, carrier: Carrier, url: str, job: int) -> AgentOrder:
    settings = campaign.settings
    layout = Layout(settings.library, settings.base, settings.helper_folders)
    name = f"n{job}"
    node = NodeBrief(
        name, "theorem", "", "", "Whatever holds.", "", f"{layout.library}.{name}", f"{layout.library}.{name}"
    )
    envelope = Envelope(
        job,
        carrier.campaign,
        campaign.remote,
        campaign.main(),
        *(layout.library, layout.base, layout.helpers),
        "embedded",
    )
    access = ModelAccess(url, _KEY, rehearsal=False)
    return AgentOrder(envelope, Assignment("author", "statement", node, _MODEL, layout), access, attempt_ref(name, 1))


def _beats(carrier: Carrier, seconds: float) -> list[float]:
    """Seconds between two heartbeats, over so many seconds in which nothing happens."""
    until, heard, silences = time.monotonic() + seconds, time.monotonic(), []
    while (now := time.monotonic()) < until:
        received = carrier.receive(min(1.0, until - now))
        carrier.acknowledge([identifier for identifier, _ in received])
        if any(isinstance(report, Beat) for _, report in received):
            silences.append(time.monotonic() - heard)
            heard = time.monotonic()
    return [*silences, time.monotonic() - heard]


def _hear_from(carrier: Carrier, attempts: int) -> None:
    over: set[int] = set()

    def heard() -> bool:
        received = carrier.receive(0.2)
        carrier.acknowledge([identifier for identifier, _ in received])
        over.update(report.job for _, report in received if isinstance(report, AttemptEnded))
        return len(over) >= attempts

    _await(heard, "all attempts have ended")


def _cpu_of(pid: int) -> float:
    return next(process.own_seconds for process in family(pid) if process.pid == pid)


def _await(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"It took more than {_PATIENCE:.0f} s until {what}.")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
