"""Temporary folders that a killed process does not leave behind: whoever comes next removes those of the dead."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from checker.build.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

_guard = threading.Lock()
_own: dict[Path, Scratch] = {}


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A new folder with `name` in its name, for as long as the context lasts.

    Raises:
        OSError: the disk is full, or there is no place for temporary files.
    """
    place = _place()
    place.mkdir(parents=True, exist_ok=True)  # some hosts clear away what was not used for days
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def clear_after_the_dead() -> None:
    """Removes what killed processes left, without waiting until this one needs a folder.

    Raises:
        OSError: there is no place for temporary files.
    """
    _place()


def _place() -> Path:
    """This process's own folder. It is made once, and goes with the process."""
    root = Path(tempfile.gettempdir()) / f"blueprover-{os.getuid()}"
    with _guard:
        if root not in _own:
            root.mkdir(mode=0o700, exist_ok=True)
            status = root.lstat()
            if status.st_uid != os.getuid() or root.is_symlink():  # somebody else's, to whom nothing is shown
                return Path(tempfile.mkdtemp(prefix="blueprover-"))
            _own[root] = Scratch(root)
        return _own[root].folder
