"""Keeping a repository fast while thousands of branches land in it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coordinator.git.runner import Runner

GRAPH_EVERY = 256
"""Landings after which the commit-graph is written again: a merge then walks at most so many commits without it."""
PACK_EVERY = 64
"""Batches after which packs are joined: each leaves one."""

_IMPORTERS_MARK = b"fast-import"

log = structlog.get_logger(__name__)


class Upkeep:
    """Counts landings, and tidies up every so often. Used by several threads, they take turns.

    Args:
        runner: for the repository.
        let_go: ends the importer, which would miss the packs it wrote.
    """

    def __init__(self, runner: Runner, let_go: Callable[[], None]) -> None:
        self._runner = runner
        self._let_go = let_go
        self._lock = threading.Lock()
        self._landings = GRAPH_EVERY  # nobody knows what the last owner left: begin by writing it
        self._batches = 0

    def landed(self, count: int, tip: str) -> None:
        """Notes that so many landings moved ``main`` to `tip` at once. What goes wrong is logged: they have landed."""
        with self._lock:
            self._landings += count
            self._batches += 1
            try:
                if self._landings >= GRAPH_EVERY:
                    self._landings = 0
                    write_graph(self._runner, tip)
                if self._batches >= PACK_EVERY:
                    self._batches = 0
                    self._let_go()
                    join_packs(self._runner)
            except (GitError, OSError):
                log.warning("upkeep_failed", repository=str(self._runner.path), exc_info=True)


def write_graph(runner: Runner, tip: str) -> None:
    """Writes what is new of the commit-graph, a table of commits and their parents.

    Without it merges of old branches take far longer. Branches that have not landed, a few commits each, are not in it.

    Raises:
        GitError: git fails, such as on a full disk.
    """
    runner.run("commit-graph", "write", "--split", "--stdin-commits", given=f"{tip}\n".encode())


def join_packs(runner: Runner) -> None:
    """Joins small packs and loose objects, and packs the refs. No object is thrown away.

    An importer marks its packs as not to be joined, and one that was killed leaves the marks; one that runs and then
    misses a pack is replaced.

    Raises:
        GitError: git fails, such as on a full disk.
    """
    for mark in (runner.path / "objects" / "pack").glob("*.keep"):
        if mark.read_bytes().strip() == _IMPORTERS_MARK:
            mark.unlink(missing_ok=True)
    for report in runner.path.glob("fast_import_crash_*"):
        report.unlink(missing_ok=True)
    runner.run("repack", "--quiet", "-d", "--geometric=2")
    runner.run("pack-refs", "--all")
