"""What a change touches: two folders compared file by file, links and odd files not followed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from checker.source.tree import read_regular

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY: Final = ".git"
"""The one name at the top of a folder that is not part of the tree."""


@dataclass(frozen=True, slots=True)
class Touched:
    """One path that differs.

    Attributes:
        path: relative to the tree, with forward slashes.
        how: what happened to it.
        odd: why it is no plain file, in the head; empty when it is one (or is gone).
        data: its bytes in the head; empty when it is gone or odd.
    """

    path: str
    how: Literal["added", "changed", "removed"]
    odd: str = ""
    data: bytes = b""


def difference(base: Path, head: Path) -> tuple[Touched, ...]:
    """Every path that differs between two folders, sorted."""
    before, after = _entries(base), _entries(head)
    touched = [Touched(path, "removed") for path in before.keys() - after.keys()]
    for path, now in after.items():
        then = before.get(path)
        if then is not None and os.path.samestat(then, now):
            continue
        odd = _odd(now)
        how: Literal["added", "changed"] = "added" if then is None else "changed"
        if odd:
            if then is None or _odd(then) != odd or stat.S_ISLNK(now.st_mode):
                touched.append(Touched(path, how, odd))
            continue
        data = read_regular(head / path)
        if then is None or _odd(then) or then.st_size != len(data) or read_regular(base / path) != data:
            touched.append(Touched(path, how, "", data))
    return tuple(sorted(touched, key=lambda each: each.path))


def _odd(entry: os.stat_result) -> str:
    if stat.S_ISLNK(entry.st_mode):
        return "a symbolic link"
    if not stat.S_ISREG(entry.st_mode):
        return "no regular file"
    if entry.st_mode & 0o111:
        return "executable"
    return ""


def _entries(root: Path) -> dict[str, os.stat_result]:
    """Everything in a folder that is no folder itself, by relative path."""
    found: dict[str, os.stat_result] = {}
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path = folder + entry.name
                if path == REPOSITORY:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path + "/")
                else:
                    found[path] = entry.stat(follow_symlinks=False)
    return found
