"""CPU time and memory of a process and all its descendants, and a loop by which machines are compared."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOPS = 2_000_000
REFERENCE_SECONDS = 0.05
"""CPU seconds that `calibration_loop` takes on the machine to which figures are reduced."""


@dataclass(frozen=True, slots=True)
class Process:
    """A live process.

    Attributes:
        pid, parent: its numbers.
        command: its command line.
        own_seconds: CPU seconds of itself.
        waited_seconds: CPU seconds of children of it that have ended.
    """

    pid: int
    parent: int
    command: str
    own_seconds: float
    waited_seconds: float


def family(root: int) -> list[Process]:
    """The process `root` and all its live descendants."""
    everybody = [process for entry in Path("/proc").iterdir() if (process := _read(entry)) is not None]
    found, known = [], {root}
    for process in sorted(everybody, key=lambda each: each.pid):
        if process.pid in known or process.parent in known:
            known.add(process.pid)
            found.append(process)
    return found


def _read(entry: Path) -> Process | None:
    if not entry.name.isdigit():
        return None
    try:
        fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (OSError, IndexError):
        return None
    user, system, waited_user, waited_system = (int(field) / _TICKS for field in fields[11:15])
    return Process(int(entry.name), int(fields[1]), command, user + system, waited_user + waited_system)


def peak_mb(pid: int) -> float:
    """Most memory that a process has held so far, in megabytes; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def calibration_seconds() -> float:
    """CPU seconds that a fixed loop of pure Python takes right now: machines differ, and one differs from itself."""
    begun = time.process_time()
    total = 0
    for number in range(_LOOPS):
        total += number & 7
    assert total == _LOOPS * 7 // 2
    return time.process_time() - begun
