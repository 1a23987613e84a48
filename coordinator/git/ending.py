"""Ending a git process in good order if there is time, so that it takes its locks and half-written packs along."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_PATIENCE = 5.0
"""Seconds a process has to end by itself once it was told to."""
_LAST_PATIENCE = 2.0
"""Seconds it has to tidy up once it was asked to end."""
_LONGEST_PAUSE = 0.02


def end(process: subprocess.Popen[bytes], farewell: bytes | None) -> None:
    """Ends a process that leads a group, and all it started; leaves no zombie.

    Args:
        process: the process. Harmless when it has ended.
        farewell: what makes it end by itself, together with the end of its input; ``None`` if it is not worth waiting.
    """
    if process.returncode is None:
        if farewell is not None:
            _say(process, farewell)
        if farewell is None or not _ended(process, _PATIENCE):
            _signal(process, signal.SIGTERM)
            _ended(process, _LAST_PATIENCE)
        # It is waited for last: until then the number of its group cannot be another's.
        _signal(process, signal.SIGKILL)
        process.wait()
    close_streams(process)


def close_streams(process: subprocess.Popen[bytes]) -> None:
    """Closes this side of a process's pipes."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _say(process: subprocess.Popen[bytes], farewell: bytes) -> None:
    if process.stdin is not None and not process.stdin.closed:
        with contextlib.suppress(OSError):  # it is not reading, or gone
            os.write(process.stdin.fileno(), farewell)
        process.stdin.close()


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process ends within some seconds. It is not waited for: that frees its number."""
    until, pause = time.monotonic() + seconds, 0.0005
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says so of a zombie
        os.killpg(process.pid, number)
