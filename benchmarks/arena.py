"""A simulated campaign with its processes, for whoever wants to do something to them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

import redis
import yaml

from benchmarks.invariants import Invariants, leftovers
from benchmarks.processes import family
from benchmarks.unreliable import UnreliableBroker
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.engine.demo import prepare_demo
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.work.services import embedded_broker

if TYPE_CHECKING:
    from pathlib import Path

_PAUSE = 0.05
_REST = 0.3
"""Seconds before a coordinator that ended is started again."""

_LEASE = 4.0
"""Seconds after which a worker that is not heard of is taken for gone."""

_KILLED = -signal.SIGKILL
_SPOKEN = range(2, 8)
"""Exit codes of a coordinator that said in a sentence why it cannot go on."""


class Arena:
    """A campaign, the broker it has and the coordinator that runs it. Use as a context.

    Args:
        scratch: an empty folder for it.
        plan: of the simulation; with `demo` only its seed, budget and leases count.
        demo: whether it is the demo's campaign, with real Lean and scripted agents.

    Attributes:
        folder: the campaign's.
        broker: what stands before the broker.
        invariants: what is checked.
        over: whether the campaign has come to its end.
        restorations: how often an older store was put back.
    """

    def __init__(self, scratch: Path, plan: Plan, *, demo: bool = False) -> None:
        self.folder = scratch / "campaign"
        self.over = False
        self.restorations = 0
        self._temporary = scratch / "tmp"
        self._temporary.mkdir()
        self._clock = scratch / "clock"
        self._log_path = scratch / "coordinator.log"
        self._log = self._log_path.open("ab")
        self._is_poor = not demo and plan.budget_usd < plan.attempts
        self._is_demo = demo
        if demo:
            prepare_demo(self.folder, fresh=False)
        else:
            found_simulation(self.folder, plan)
        campaign = Campaign.open(self.folder)
        self._port = _free_port()
        self._valkey: subprocess.Popen[bytes] | None = None
        self.broker = UnreliableBroker(self._port, plan.seed)
        self._configure()
        price = campaign.settings.model.price_table().price(campaign.settings.model.name)
        call_usd = price.ceiling(30_000, campaign.settings.attempt.max_output_tokens)
        self.invariants = Invariants(self.folder, campaign.settings.budget_usd, call_usd, campaign.settings.library)
        self._coordinator: subprocess.Popen[bytes] | None = None

    def _configure(self) -> None:
        """Has the campaign use the unreliable broker, and a name of the hub that can be taken away from its workers."""
        file = self.folder / SETTINGS_FILE
        values = yaml.safe_load(file.read_text())
        values["broker"] = {"url": f"redis://127.0.0.1:{self.broker.port}/0"}
        values["remote"] = str(self.remote)
        values["lease"] = {"seconds": _LEASE, "heartbeat_seconds": _LEASE / 8}
        file.write_text(yaml.safe_dump(values))
        self.remote.symlink_to("hub.git")

    @property
    def remote(self) -> Path:
        """The name under which workers reach the hub."""
        return self.folder / "remote.git"

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "store.sqlite"

    def __enter__(self) -> Self:
        self.start_broker()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.broker.close()
        self._log.close()

    def watch(self) -> int:
        """Looks after the campaign for a moment: starts again what ended, checks invariants. Landings so far."""
        time.sleep(_PAUSE)
        assert self._coordinator is not None
        code = self._coordinator.poll()
        if code == 0:
            self.over = True
        elif code is not None:
            spoken = code == _KILLED or code in _SPOKEN
            self.invariants.expect("speaks", "" if spoken else f"exit code {code}: {self._last_words()}")
            time.sleep(_REST)
            self._start()
        return self.invariants.look()

    def unfinished(self) -> str:
        """Why the campaign has not come to the end it should; empty where it has."""
        state = self.invariants.state()
        if not self.over:
            return f"it is still {state}: {self._last_words()}"
        return "" if state == "done" or (self._is_poor and state == "out_of_budget") else f"it ended as {state}"

    def _last_words(self) -> str:
        return self._log_path.read_text(errors="replace")[-600:]

    def _start(self) -> None:
        simulated = ["coordinator.simulation.coordinating", str(self.folder), "--clock", str(self._clock)]
        arguments = ["coordinator", "run", str(self.folder)] if self._is_demo else simulated
        self._coordinator = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "TMPDIR": str(self._temporary)},
            start_new_session=True,
        )

    def coordinator(self) -> int | None:
        """Process id of the coordinator, while it lives."""
        return self._coordinator.pid if self._coordinator is not None and self._coordinator.poll() is None else None

    def worker(self, queue: str) -> int | None:
        """Process id of the worker of a queue, while it lives."""
        root = self.coordinator()
        its = [each.pid for each in family(root) if f"--queue {queue}" in each.command] if root else []
        return its[0] if its else None

    def set_clock(self, error: float) -> None:
        """Lets the coordinator's clock be wrong by so many seconds."""
        self._clock.write_text(str(error))

    def start_broker(self) -> None:
        """Starts the broker, as empty as a new one."""
        arguments = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self._valkey = subprocess.Popen([embedded_broker(), *arguments], stdout=self._log, stderr=self._log)
        client = redis.Redis(port=self._port)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(redis.RedisError):
                client.ping()
                break
            time.sleep(_PAUSE)
        client.close()

    def kill_broker(self) -> None:
        """Kills the broker and all it held."""
        if self._valkey is not None:
            self._valkey.kill()
            self._valkey.wait()
            self.broker.cut()

    def stop_coordinator(self) -> None:
        """Kills the coordinator; the next look starts it again."""
        pid = self.coordinator()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        if self._coordinator is not None:
            self._coordinator.wait()

    def end(self) -> None:
        """Stops what still runs."""
        self.stop_coordinator()
        self.kill_broker()

    def leftovers(self) -> dict[str, list[str]]:
        """What is left on the host, after a moment in which the tethered may die."""
        until = time.monotonic() + 10
        while (found := leftovers(self.folder, self._temporary))["processes"] and time.monotonic() < until:
            time.sleep(_PAUSE)
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
