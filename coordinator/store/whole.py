"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coordinator.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_file(target: Path, failure: str) -> Iterator[Path]:
    """A file to write instead of `target`, which takes its place when it is on the disk, or leaves nothing.

    Args:
        target: where the file is to be; its folder is made where there is none.
        failure: what to say when it cannot be written, before why.

    Raises:
        StoreError: it cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        try:
            yield part
            _make_sure(part)
            part.rename(target)
            _make_sure(target.parent)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{failure}: {error}; make room, or name another place.") from error


def _make_sure(file: Path) -> None:
    """Waits until a file, or a folder's list of files, is on the disk."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
