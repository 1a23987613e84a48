"""The Leans of a worker's host: a builder for each that orders ask for, and warm servers beside it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from checker import Builder, LeanChoice, Limits, MemoryBudget, Sandbox, WarmPool
from checker.build.lean_choice import fingerprint
from coordinator.errors import OtherLean

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Certificates, Toolchain
    from checker.build.outside import Outside
    from coordinator.work.host import HostSettings
    from coordinator.work.orders import Envelope


class Leans:
    """Builders by the Lean they compile with, all with one store, and pools of servers by builder.

    Safe for many threads at once. Close it at the end.
    """

    def __init__(self, host: HostSettings, store: Certificates) -> None:
        """Finds the sandbox; nothing is started yet.

        Raises:
            checker.CheckerError: it is missing.
        """
        self._host = host
        self._store = store
        self._limits = Limits(memory_bytes=host.lean_memory_bytes, seconds=host.lean_seconds)
        self._sandbox = Sandbox.none() if host.sandbox == "none" else Sandbox.bubblewrap()
        self._builders: dict[tuple[str, str, str], Builder] = {}
        self._pools: dict[Builder, WarmPool] = {}
        self._choosing = threading.Lock()

    def builder_of(self, envelope: Envelope, tree: Path) -> Builder:
        """A builder with the Lean of a tree: the same one for all trees of that Lean.

        Raises:
            checker.CheckerError: this host does not have it, or not its packages.
            OtherLean: it is not the campaign's.
        """
        packages = self._host.packages
        key = envelope.lean, fingerprint(tree), fingerprint(packages) if packages else ""
        with self._choosing:
            if key not in self._builders:
                lean = LeanChoice(envelope.lean, packages).toolchain(tree, self._sandbox)
                alike = (each for each in self._builders.values() if each.lean == lean)
                self._builders[key] = next(alike, None) or self.make_builder(lean, self._store)
            builder = self._builders[key]
        if envelope.identity not in {"", builder.lean.identity}:
            raise OtherLean("This host has", builder.lean.identity, envelope.identity)
        return builder

    def make_builder(self, lean: Toolchain, store: Certificates, outside: Outside | None = None) -> Builder:
        """A builder of one's own, with the limits of this host; `outside` when compiled packages are known already."""
        return Builder(lean, self._sandbox, store, jobs=self._host.lean_jobs, limits=self._limits, outside=outside)

    def pool_of(self, builder: Builder) -> WarmPool | None:
        """The Lean servers for drafts that all agents with this builder share; none where the host wants none."""
        if not self._host.warm_servers:
            return None
        most = min(self._host.warm_memory_bytes, MemoryBudget.of_this_machine().total_bytes // 4)
        with self._choosing:
            if builder not in self._pools:
                self._pools[builder] = WarmPool(builder, self._host.warm_servers, most, builder.limits)
            return self._pools[builder]

    def pools(self) -> tuple[WarmPool, ...]:
        """The pools there are."""
        with self._choosing:
            return tuple(self._pools.values())

    def close(self) -> None:
        """Ends all servers."""
        for pool in self.pools():
            pool.close()
