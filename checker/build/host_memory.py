"""Memory of this host, shared out among processes by locks that the kernel takes back when a process dies.

Memory is cut into units, and a unit is one byte of one file in a folder of the user's: who has locked the byte has the
memory. Nothing runs in the background, nothing has to be tidied up, and a builder that was killed holds nothing.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

UNIT_BYTES: Final = 64 << 20
"""What one lock stands for. Whoever needs a part of it takes all of it."""

_LOCK: Final = struct.Struct("hhqqi4x")
"""The kernel's ``struct flock`` on 64-bit Linux: kind, whence, start, length, process."""
_GLANCE_SECONDS: Final = 0.02
"""How often the one whose turn it is looks for more."""


@dataclass(frozen=True, slots=True)
class HostMemory:
    """An amount of memory that all processes with the same folder share.

    Processes that reckon with different totals share the smaller part, and those with more have the rest for
    themselves.

    Attributes:
        folder: where the locks are.
        total_bytes: for all together.
    """

    folder: Path
    total_bytes: int

    @contextmanager
    def room(self, size_bytes: int) -> Iterator[None]:
        """Hold so much memory, or all there is if that is less, and wait for it.

        Those who wait are served in turn, so that small wishes do not starve a large one. Nothing is waited for where
        the folder takes no locks: then every process is alone with its own budget.
        """
        file = self._taken(-(-size_bytes // UNIT_BYTES))
        try:
            yield
        finally:
            if file >= 0:
                os.close(file)

    def _taken(self, wanted: int) -> int:
        """The open file that holds the locks; a negative number where there are none to be had."""
        file = turn = -1
        try:
            file = _opened(self.folder / "memory")
            turn = _opened(self.folder / "turn")
            fcntl.flock(turn, fcntl.LOCK_EX)
            self._gather(file, wanted)
        except OSError:
            if file >= 0:
                os.close(file)
            return -1
        finally:
            if turn >= 0:
                os.close(turn)
        return file

    def _gather(self, file: int, wanted: int) -> None:
        units = max(1, self.total_bytes // UNIT_BYTES)
        missing = min(wanted, units)
        free = list(range(units))
        while missing:
            taken = _lock_some(file, free, missing)
            missing -= len(taken)
            if missing:
                free = [unit for unit in free if unit not in taken]
                time.sleep(_GLANCE_SECONDS)


def _lock_some(file: int, units: list[int], most: int) -> set[int]:
    """Lock as many of these units as nobody holds."""
    taken: set[int] = set()
    for unit in units:
        if len(taken) == most:
            break
        try:
            # Such a lock belongs to the open file, not to the process: threads exclude one another, too.
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, unit, 1, 0))
        except (BlockingIOError, PermissionError):  # somebody holds it; POSIX allows either answer
            continue
        taken.add(unit)
    return taken


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def runtime_folder(parents: tuple[tuple[Path, str], ...] | None = None) -> Path | None:
    """A folder of this user's for what lasts no longer than the machine runs; None where there is none to be trusted.

    Args:
        parents: folders in which it may be, and its name there; by default the user's runtime folder, then ``/tmp``.
    """
    user = os.getuid()
    for parent, name in parents or ((Path(f"/run/user/{user}"), "blueprover"), (Path("/tmp"), f"blueprover-{user}")):  # noqa: S108 - its owner is looked at
        folder = parent / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return folder
    return None
