"""What a process prints, kept in files that do not grow without end although the process never closes them.

The process appends: once its file is cut to nothing, it writes on at the file's beginning. So what was there is copied
aside, a few times over, and the file is cut. What the process prints between the copy and the cut is lost; that is a
line or two of a process that prints without end.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 10 * 1024 * 1024
"""Bytes of one file; then it is put aside."""

KEPT = 5
"""Files put aside that are kept."""

_LAST_BYTES = 4096


def keep_small(file: Path, largest: int | None = None) -> bool:
    """Puts what a process has printed aside where it has grown too large.

    Args:
        file: that some process appends to, maybe right now.
        largest: bytes that it may have; `LARGEST` when left out. Of a file that grew to more than twice as much before
            anybody looked, only so much of the end is kept.

    Returns:
        Whether it was put aside.

    Raises:
        OSError: the copy cannot be written; nothing is cut then.
    """
    bound = LARGEST if largest is None else largest
    size = file.stat().st_size if file.exists() else 0
    if size <= bound:
        return False
    aside = [file.with_name(f"{file.name}.{number}") for number in range(1, KEPT + 1)]
    part = file.with_name(f"{file.name}.part")
    with file.open("rb") as source, part.open("wb") as copy:
        source.seek(max(0, size - 2 * bound))
        shutil.copyfileobj(source, copy)
    for older, newer in zip(reversed(aside), reversed(aside[:-1]), strict=False):
        if newer.exists():
            newer.replace(older)
    part.replace(aside[0])
    os.truncate(file, 0)
    return True


def last_line(file: Path) -> str:
    """The last line that a process has printed; empty where there is none."""
    for each in (file, file.with_name(f"{file.name}.1")):
        try:
            with each.open("rb") as opened:
                opened.seek(max(0, each.stat().st_size - _LAST_BYTES))
                lines = opened.read(_LAST_BYTES).decode("utf-8", "replace").strip().splitlines()
        except OSError:
            continue
        if lines:
            return lines[-1]
    return ""
