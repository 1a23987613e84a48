"""A folder for what one process is at, which is found and cleared away once that process has been killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Final

_LOCK: Final = ".lock"


class Scratch:
    """A new folder inside another, its owner's alone as long as it lives; made where those of the dead are removed.

    A lock tells whether an owner lives: the system lets go of it however a process ends, and no process number is
    believed, for in containers that share a folder they repeat.

    Attributes:
        folder: it goes when this object does.
    """

    def __init__(self, inside: Path) -> None:
        _clear(inside)
        lock, path = _locked(inside)
        self.folder = path.with_suffix("")
        self.folder.mkdir()
        self._close = weakref.finalize(self, _remove, self.folder, lock)

    def close(self) -> None:
        """Remove the folder."""
        self._close()


def _locked(inside: Path) -> tuple[int, Path]:
    """A new lock file, held; made anew where somebody took it for a dead one's before it was."""
    while True:
        lock, name = tempfile.mkstemp(suffix=_LOCK, dir=inside)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return lock, Path(name)
        os.close(lock)


def _clear(inside: Path) -> None:
    for path in inside.glob(f"*{_LOCK}"):
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:  # gone meanwhile, or somebody else's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            _remove(path.with_suffix(""), lock)


def _remove(folder: Path, lock: int) -> None:
    """Remove a folder and its lock file, whose lock is held."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(_LOCK).unlink(missing_ok=True)
    os.close(lock)
