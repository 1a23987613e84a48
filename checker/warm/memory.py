"""What a process and all it started hold of the machine's memory, as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_PROC: Final = Path("/proc")


def family(process: int) -> list[int]:
    """A process and its descendants, by number."""
    found, pending = [], [process]
    while pending:
        each = pending.pop()
        found.append(each)
        for thread in _threads(each):
            pending += [int(number) for number in _text(thread / "children").split()]
    return found


def _threads(process: int) -> list[Path]:
    """Folders of a process's threads; none when it has gone, be it while they are listed."""
    try:
        return list((_PROC / str(process) / "task").iterdir())
    except OSError:
        return []


def resident_bytes(process: int) -> int:
    """Resident memory of a process and its descendants; what they share is counted for each."""
    fields = (_text(_PROC / str(each) / "statm").split() for each in family(process))
    return sum(int(each[1]) * _PAGE for each in fields if each)


def proportional_bytes(process: int) -> int:
    """Memory of a process and its descendants, shared pages divided among all who map them.

    Where the kernel does not tell, resident memory.
    """
    told = [_text(_PROC / str(each) / "smaps_rollup") for each in family(process)]
    lines = [line.split() for text in told for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(each[1]) << 10 for each in lines) or resident_bytes(process)


def _text(path: Path) -> str:
    """What a file says; nothing when its process has gone, or is not ours to look at."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
