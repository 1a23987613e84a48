"""What can befall a campaign. Each fault strikes, lasts as long as it says, and is mended: see `schedules`."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import time
from typing import TYPE_CHECKING

from benchmarks.unreliable import Mischief
from coordinator.campaign.campaign import Campaign
from coordinator.engine.restoring import restore_campaign
from coordinator.errors import CoordinatorError
from coordinator.store.backups import back_up, damage_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.arena import Arena
    from benchmarks.schedules import Fault

_FULL = 4096
"""Bytes beyond which no file can grow on a full disk."""


def _kill(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_agents(arena: Arena, _: Fault) -> None:
    """``kill -9`` of the agents' worker."""
    _kill(arena.worker("agents"))


def kill_builders(arena: Arena, _: Fault) -> None:
    """``kill -9`` of the builders' worker."""
    _kill(arena.worker("builds"))


def kill_coordinator(arena: Arena, _: Fault) -> None:
    """``kill -9`` of the coordinator, with which its workers die."""
    _kill(arena.coordinator())


def kill_broker(arena: Arena, fault: Fault) -> None:
    """``kill -9`` of the broker, which comes back empty after a moment."""
    arena.kill_broker()
    _last(arena, fault)
    arena.start_broker()


def cut_connections(arena: Arena, _: Fault) -> None:
    """Every connection to the broker breaks."""
    arena.broker.cut()


def lose_messages(arena: Arena, fault: Fault) -> None:
    """A third of all orders and reports is lost for a while."""
    _disturb(arena, fault, Mischief(dropped=0.33))


def double_messages(arena: Arena, fault: Fault) -> None:
    """Half of all orders and reports arrive twice for a while."""
    _disturb(arena, fault, Mischief(doubled=0.5))


def delay_messages(arena: Arena, fault: Fault) -> None:
    """Half of all orders and reports come late for a while, and so in another order; some later than a lease lasts."""
    _disturb(arena, fault, Mischief(delayed=0.5, late=fault.amount))


def step_clock(arena: Arena, fault: Fault) -> None:
    """The coordinator's clock is set, forwards or back, and stays so."""
    arena.set_clock(fault.amount)


def lock_database(arena: Arena, fault: Fault) -> None:
    """Another process holds the store's lock for a while."""
    if arena.store.exists():
        other = sqlite3.connect(arena.store, timeout=5, isolation_level=None)
        with contextlib.suppress(sqlite3.OperationalError):
            other.execute("begin immediate")
            _last(arena, fault)
            other.execute("rollback")
        other.close()


def fill_disk(arena: Arena, fault: Fault) -> None:
    """No file of the coordinator, or of the git it calls, can grow for a while."""
    pid = arena.coordinator()
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FULL, hard))
        _last(arena, fault)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def take_hub_away(arena: Arena, fault: Fault) -> None:
    """The workers do not reach the hub for a while."""
    arena.remote.unlink()
    _last(arena, fault)
    arena.remote.symlink_to("hub.git")


def restore_backup(arena: Arena, fault: Fault) -> None:
    """A backup is made, the campaign goes on for a while, dies, and the backup is put in its store's place.

    Each second time that store is cut off before, so that only its journal tells what was spent.
    """
    backup = arena.folder / "backups" / f"chaos-{time.time_ns()}.sqlite"
    with contextlib.suppress(CoordinatorError):  # there is no store yet, or nothing in it
        back_up(arena.store, backup)
    _last(arena, fault)
    if backup.exists() and not damage_of(backup):
        arena.stop_coordinator()
        spent = arena.invariants.spent()
        arena.restorations += 1
        if arena.restorations % 2 == 0:
            os.truncate(arena.store, _FULL)
        restore_campaign(Campaign.open(arena.folder), backup, time.time())
        counted = arena.invariants.spent()
        short = counted < spent - 0.000001  # rounded sums
        arena.invariants.expect("spent_stays", f"${counted:.6f} of ${spent:.6f} counts" if short else "")


def _disturb(arena: Arena, fault: Fault, mischief: Mischief) -> None:
    arena.broker.mischief = mischief
    _last(arena, fault)
    arena.broker.mischief = Mischief()


def _last(arena: Arena, fault: Fault) -> None:
    """Lets a fault last, while invariants are looked at."""
    until = time.monotonic() + fault.seconds
    while time.monotonic() < until:
        arena.watch()


FAULTS: dict[str, Callable[[Arena, Fault], None]] = {
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
        restore_backup,
    )
}
"""Faults by name."""
