"""What can befall a campaign, and schedules of it. Each fault strikes, lasts for a moment, and is mended."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.unreliable import Mischief

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from benchmarks.arena import Arena

_PER_NODE = 0.6
"""Faults per node of the book."""
_SHORT, _LONG = 0.3, 2.5
"""How long faults last, in seconds."""
_STEPS = (-3600.0, -30.0, -3.0, 3.0, 30.0, 3600.0)
_FULL = 4096
"""Bytes beyond which no file can grow on a full disk."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes once so many branches have landed."""

    landings: int
    name: str


def draw_schedule(rng: random.Random, nodes: int, names: tuple[str, ...]) -> list[Fault]:
    """Faults for a campaign of so many nodes, the first before anything landed."""
    count = max(2, int(nodes * _PER_NODE))
    last = int(nodes * 1.4)
    faults = [Fault(rng.randint(0, last), rng.choice(names)) for _ in range(count)]
    return sorted(faults, key=lambda fault: fault.landings)


def _kill(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_agents(arena: Arena) -> None:
    """``kill -9`` of the agents' worker."""
    _kill(arena.worker("agents"))


def kill_builders(arena: Arena) -> None:
    """``kill -9`` of the builders' worker."""
    _kill(arena.worker("builds"))


def kill_coordinator(arena: Arena) -> None:
    """``kill -9`` of the coordinator, with which its workers die."""
    _kill(arena.coordinator())


def kill_broker(arena: Arena) -> None:
    """``kill -9`` of the broker, which comes back empty after a moment."""
    arena.kill_broker()
    _last(arena)
    arena.start_broker()


def cut_connections(arena: Arena) -> None:
    """Every connection to the broker breaks."""
    arena.broker.cut()


def lose_messages(arena: Arena) -> None:
    """A third of all orders and reports is lost for a while."""
    _disturb(arena, Mischief(dropped=0.33))


def double_messages(arena: Arena) -> None:
    """Half of all orders and reports arrive twice for a while."""
    _disturb(arena, Mischief(doubled=0.5))


def delay_messages(arena: Arena) -> None:
    """Half of all orders and reports come late for a while, and so in another order; some later than a lease lasts."""
    _disturb(arena, Mischief(delayed=0.5, late=arena.rng.choice((0.5, 6.0))))


def step_clock(arena: Arena) -> None:
    """The coordinator's clock is set, forwards or back, and stays so."""
    arena.set_clock(arena.rng.choice(_STEPS))


def lock_database(arena: Arena) -> None:
    """Another process holds the store's lock for a while."""
    if arena.store.exists():
        other = sqlite3.connect(arena.store, timeout=5, isolation_level=None)
        with contextlib.suppress(sqlite3.OperationalError):
            other.execute("begin immediate")
            _last(arena)
            other.execute("rollback")
        other.close()


def fill_disk(arena: Arena) -> None:
    """No file of the coordinator, or of the git it calls, can grow for a while."""
    pid = arena.coordinator()
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FULL, hard))
        _last(arena)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def take_hub_away(arena: Arena) -> None:
    """The workers do not reach the hub for a while."""
    arena.remote.unlink()
    _last(arena)
    arena.remote.symlink_to("hub.git")


def _disturb(arena: Arena, mischief: Mischief) -> None:
    arena.broker.mischief = mischief
    _last(arena)
    arena.broker.mischief = Mischief()


def _last(arena: Arena) -> None:
    """Lets a fault last, while invariants are looked at."""
    until = time.monotonic() + arena.rng.uniform(_SHORT, _LONG)
    while time.monotonic() < until:
        arena.watch()


FAULTS: dict[str, Callable[[Arena], None]] = {
    fault.__name__: fault
    for fault in (
        kill_agents,
        kill_builders,
        kill_coordinator,
        kill_broker,
        cut_connections,
        lose_messages,
        double_messages,
        delay_messages,
        step_clock,
        lock_database,
        fill_disk,
        take_hub_away,
    )
}
"""Faults by name."""
