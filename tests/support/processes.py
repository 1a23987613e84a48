"""Whether processes run, and stopping them in their tracks."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.support.waiting import wait_for


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    return _state(pid) not in ("", "Z", "X")


def is_there(pid: int) -> bool:
    """Whether a process is there, if only as a zombie."""
    return _state(pid) != ""


def stop(pid: int) -> None:
    """Stops a process and waits until it stands still: before, it might read what it is told next."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: _state(pid) == "T", 60)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
