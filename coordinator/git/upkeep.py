"""Keeping a repository fast while thousands of branches land in it."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coordinator.git.runner import Runner

GRAPH_EVERY = 256
"""Landings after which the commit-graph is written again: a merge then walks at most so many commits without it."""
PACK_EVERY = 256
"""New packs after which they are joined: each lot of commits leaves one, and every git process opens them all."""
LOOSE_REFS = 1024
"""Refs in files of their own above which they are packed: whoever pushes has git read each of these files."""

_IMPORTERS_MARK = b"fast-import"


class Upkeep:
    """Counts landings and packs, and tidies up every so often. Used by several threads, they take turns.

    Args:
        runner: for the repository.
        let_go: ends the importers, which would miss the packs they wrote.
    """

    def __init__(self, runner: Runner, let_go: Callable[[], None]) -> None:
        self._runner = runner
        self._let_go = let_go
        self._lock = threading.Lock()
        self._landings = GRAPH_EVERY  # nobody knows what the last owner left: begin by writing it
        self._packs = 0

    def landed(self, count: int, tip: str) -> None:
        """Notes that so many landings moved ``main`` to `tip` at once. What goes wrong is logged: they have landed."""
        with self._lock:
            self._landings += count
            if self._landings >= GRAPH_EVERY:
                self._landings = 0
                self._try(lambda: write_graph(self._runner, tip))
                self._try(lambda: pack_refs(self._runner))
            self._join_packs()

    def wrote(self) -> None:
        """Notes that commits were written that have not landed. What goes wrong is logged: they are written."""
        with self._lock:
            self._join_packs()

    def _join_packs(self) -> None:
        """Joins packs when there are many new ones, whoever wrote them: agents on this host do so too."""
        if count_packs(self._runner) - self._packs >= PACK_EVERY:
            self._let_go()
            self._try(lambda: join_packs(self._runner))
            self._packs = count_packs(self._runner)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (GitError, OSError):
            import structlog  # noqa: PLC0415 - who only looks into a repository need not wait for it

            log = structlog.get_logger(__name__)
            log.warning("upkeep_failed", repository=str(self._runner.path), exc_info=True)


def count_packs(runner: Runner) -> int:
    """How many packs a repository has; none where its folder cannot be read."""
    try:
        return sum(entry.name.endswith(".pack") for entry in os.scandir(runner.path / "objects" / "pack"))
    except OSError:
        return 0


def pack_refs(runner: Runner) -> None:
    """Packs the refs when many are in files of their own: those of pull requests that are open for long add up.

    Raises:
        GitError: git fails, such as on a full disk.
        OSError: their folder cannot be read.
    """
    if sum(len(files) for _, _, files in os.walk(runner.path / "refs")) > LOOSE_REFS:
        runner.run("pack-refs", "--all")


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
    runner.run("repack", "--quiet", "-n", "-d", "--geometric=2")
    runner.run("pack-refs", "--all")
