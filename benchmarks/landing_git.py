"""How fast branches land in a large repository: what `benchmarks.landing` says of git.

Each node of a made-up book has a file and an open branch that fills its proof, all from the same first commit, and all
land in batches: so the last are as many landings behind as there are branches. Then come branches from that first
commit that edit what has been changed on ``main`` since, far from the other edit: git must merge those.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.many_branches import Draft, attempts, module_file, module_text, write_drafts
from benchmarks.processes import family
from coordinator.git import MAIN, Repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coordinator.git import Branch

BATCH = 64
MERGED = 300
"""How many branches are merged at each distance, at most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long batches took.

    Attributes:
        batches: of each the number of landings and the seconds by the clock.
        cpu_seconds: of all of them, this process's and git's.
    """

    batches: tuple[tuple[int, float], ...]
    cpu_seconds: float

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a landing takes."""
        return self.cpu_seconds * 1000 / sum(count for count, _ in self.batches)

    @property
    def per_second(self) -> float:
        """Landings in a second."""
        return sum(count for count, _ in self.batches) / sum(seconds for _, seconds in self.batches)

    @property
    def median_ms(self) -> float:
        """Milliseconds a landing takes in the median batch."""
        return statistics.median(seconds * 1000 / count for count, seconds in self.batches)

    def last_per_second(self, landings: int) -> float:
        """Landings in a second among the last batches, which hold at least so many landings."""
        count, seconds = 0, 0.0
        for some, took in reversed(self.batches):
            count, seconds = count + some, seconds + took
            if count >= landings:
                break
        return count / seconds


def measure_git(folder: Path, files: int, branches: int) -> dict[str, float]:
    """The figures of git.

    Args:
        folder: an empty one, for the repository.
        files: how many files it holds.
        branches: how many branches are open.

    Returns:
        ``landings_per_s`` where nobody touched the same paths, ``landings_behind_per_s`` for the last sixth of the
        branches, ``ms_per_landing_p50`` (a batch's milliseconds divided by its landings, the median batch),
        ``merged_per_s`` where git must merge and the branches are a few landings behind, ``merged_behind_per_s`` where
        they are behind all of the former, and ``landings_behind``, how many that is. What hangs on the clock suffers
        when others use the machine; ``cpu_ms_per_landing``, ``cpu_ms_per_merged`` and ``cpu_ms_per_merged_behind``
        (this process's and git's) do so less.
    """
    repository = Repository.create(folder / "hub.git")
    try:
        return _measure(repository, files, branches)
    finally:
        repository.close()


def _measure(repository: Repository, files: int, branches: int) -> dict[str, float]:
    first = write_drafts(repository, [Draft((), {module_file(each): module_text(each) for each in range(files)})])[0]
    repository.move(MAIN, first, None)
    plain = [Draft((first,), {module_file(each): module_text(each, proof="proved")}) for each in range(branches)]
    pace = land_all(repository, attempts(repository, plain, first))
    behind = land_all(repository, attempts(repository, notes(first, branches, "old note", proof="sorry"), first))
    tip = repository.head() or ""
    # One more note on main in each file, then as many branches that do not have it.
    near = attempts(repository, notes(tip, branches, "new note", proof="proved"), tip)
    proofs = [
        Draft((tip,), {module_file(each): module_text(each, proof="proved again", note="old note")})
        for each in range(min(branches, MERGED))
    ]
    again = attempts(repository, proofs, tip)
    land_all(repository, near)
    merged = land_all(repository, again)
    return {
        "landings_per_s": round(pace.per_second, 1),
        "landings_behind_per_s": round(pace.last_per_second(branches // 6), 1),
        "landings_behind": branches,
        "ms_per_landing_p50": round(pace.median_ms, 3),
        "merged_per_s": round(merged.per_second, 1),
        "merged_behind_per_s": round(behind.per_second, 1),
        "cpu_ms_per_landing": round(pace.cpu_ms, 3),
        "cpu_ms_per_merged": round(merged.cpu_ms, 3),
        "cpu_ms_per_merged_behind": round(behind.cpu_ms, 3),
    }


def notes(base: str, branches: int, note: str, proof: str) -> list[Draft]:
    """Branches that write a note above the proof."""
    return [
        Draft((base,), {module_file(each): module_text(each, proof=proof, note=note)})
        for each in range(min(branches, MERGED))
    ]


def land_all(repository: Repository, branches: Sequence[Branch], size: int = BATCH) -> Pace:
    """Lands branches in batches.

    Raises:
        SystemExit: one of them did not land.
    """
    batches = []
    before = _cpu_seconds()
    for start in range(0, len(branches), size):
        begun = time.perf_counter()
        batch = repository.batch(repository.head() or "", branches[start : start + size], int(time.time()))
        repository.land(batch)
        batches.append((len(batch.landings), time.perf_counter() - begun))
        if batch.refusals:
            raise SystemExit(f"A branch did not land: {batch.refusals[0].reason}")
    return Pace(tuple(batches), _cpu_seconds() - before)


def _cpu_seconds() -> float:
    """What this process and its children used so far, the git processes that are kept running included."""
    return sum(process.own_seconds + process.waited_seconds for process in family(os.getpid()))
