"""Whether processes run."""

from __future__ import annotations

from pathlib import Path


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def is_there(pid: int) -> bool:
    """Whether a process is there, if only as a zombie."""
    return Path(f"/proc/{pid}").exists()
