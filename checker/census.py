"""How many processes and threads a sandbox holds, as its own /proc tells.

The kernel does not count the processes of root against any limit, and a sandbox that root starts is root's to the
kernel, whatever it calls itself inside. So whoever runs a sandbox counts.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

_FIRST: Final = "1"
"""The namespace's first process, which belongs to bubblewrap."""
_LINKS: Final = 2
"""Links of a folder that holds no other: those of a process's folder of threads are as many more as it has threads."""
_LOOK_SECONDS: Final = 0.02
"""Time between two counts; one takes a few hundredths of it when processes are few."""


@dataclass(slots=True)
class Guard:
    """Looks at a running command from outside, for how long it runs and how many processes it has.

    Attributes:
        process: number of the process it was started as.
        deadline: when its time is over, by the monotonic clock.
        processes: how many processes and threads it may have; None when it has no process namespace of its own.
        look: when they are counted next.
    """

    process: int
    deadline: float
    processes: int | None
    look: float = 0.0

    def breach(self) -> Literal["timeout", "processes"] | None:
        """The limit that was passed, if any."""
        now = time.monotonic()
        if now >= self.deadline:
            return "timeout"
        if self.processes is not None and now >= self.look:
            self.look = now + _LOOK_SECONDS
            if tasks_inside(self.process, self.processes) > self.processes:
                return "processes"
        return None

    @property
    def patience(self) -> float:
        """Seconds until there is something to look at."""
        left = self.deadline - time.monotonic()
        return max(0.0, min(left, math.inf if self.processes is None else _LOOK_SECONDS))


def tasks_inside(launcher: int, most: int) -> int:
    """Processes and threads in the process namespace that a running bubblewrap has made, without its own.

    Args:
        launcher: number of the process that bubblewrap was started as.
        most: counting stops when there are more.

    Returns:
        How many; 0 when there is no such namespace, be it not yet or no longer.
    """
    try:
        (first,) = Path(f"/proc/{launcher}/task/{launcher}/children").read_text(encoding="ascii").split()
        folder = os.open(f"/proc/{first}/root/proc", os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, ValueError):
        return 0
    try:
        return 0 if _shows_this_process(folder) else _count(folder, most)
    finally:
        os.close(folder)


def _shows_this_process(folder: int) -> bool:
    """Whether a /proc is that of this process: before its walls stand, a sandbox still sees the host's."""
    try:
        os.readlink("self", dir_fd=folder)
    except OSError:
        return False
    return True


def _count(folder: int, most: int) -> int:
    found = 0
    for name in os.listdir(folder):
        if found > most:
            break
        if name.isdigit() and name != _FIRST:
            found += _threads(folder, name)
    return found


def _threads(folder: int, process: str) -> int:
    try:
        return os.stat(f"{process}/task", dir_fd=folder).st_nlink - _LINKS
    except OSError:  # it has ended
        return 0
