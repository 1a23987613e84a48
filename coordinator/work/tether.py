"""Runs a command that dies with the process that started it: ``python -m coordinator.work.tether PARENT COMMAND…``.

A coordinator killed with ``kill -9`` cannot stop its workers. Linux can: the kernel sends the tethered process a
signal when its parent dies. Nothing else is imported here, so that the detour through Python stays short.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties this process to its parent, then becomes the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the tether was tied
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is the coordinator's own


if __name__ == "__main__":
    main()
