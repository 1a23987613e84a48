"""What a change touches: two folders compared file by file, links and odd files not followed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from checker.source.tree import open_regular

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY: Final = ".git"
"""The one name at the top of a folder that is not part of the tree."""

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Touched:
    """One path that differs.

    Attributes:
        path: relative to the tree, with forward slashes.
        how: what happened to it.
        odd: why it is no plain file, in the head; empty when it is one (or is gone).
        data: its bytes in the head, up to the limit; empty when it is gone or odd.
    """

    path: str
    how: Literal["added", "changed", "removed"]
    odd: str = ""
    data: bytes = b""


def difference(base: Path, head: Path, most: int) -> tuple[Touched, ...]:
    """Every path that differs between two folders, sorted.

    Args:
        base: the folder before.
        head: the folder after.
        most: how many bytes of a changed file are read; one more where it is larger, to tell.
    """
    before, after = _entries(base), _entries(head)
    gone = before.keys() - after.keys()
    touched = [Touched(path, "removed") for path in gone if not _is_folder_still(base / path, head / path)]
    for path, now in after.items():
        then = before.get(path)
        if then is not None and _alike(then, now) and _same(base / path, head / path, now):
            continue
        if stat.S_ISDIR(now.st_mode) and (base / path).is_dir():
            continue  # its files went, and are told of
        odd = _odd(now)
        data = b"" if odd else _read(head / path, most + 1)
        touched.append(Touched(path, "added" if then is None else "changed", odd, data))
    return tuple(sorted(touched, key=lambda each: each.path))


def _is_folder_still(then: Path, now: Path) -> bool:
    """Whether a folder that was empty is there and holds files now, which are told of themselves."""
    return not then.is_symlink() and then.is_dir() and not now.is_symlink() and now.is_dir()


def _alike(then: os.stat_result, now: os.stat_result) -> bool:
    """Whether two entries are of one kind; what is no file has its kind alone to be compared by."""
    return _odd(then) == _odd(now) and (not stat.S_ISREG(now.st_mode) or then.st_size == now.st_size)


def _same(then: Path, now: Path, entry: os.stat_result) -> bool:
    """Whether two entries of one kind, and files of one size, are the same: programs are compared as all files are."""
    if stat.S_ISLNK(entry.st_mode):
        return then.readlink() == now.readlink()
    if not stat.S_ISREG(entry.st_mode) or os.path.samestat(then.lstat(), entry):
        return True
    with open_regular(then) as one, open_regular(now) as other:
        while (chunk := one.read(_CHUNK)) == other.read(_CHUNK):
            if not chunk:
                return True
    return False


def _read(path: Path, most: int) -> bytes:
    with open_regular(path) as file:
        return file.read(most)


def _odd(entry: os.stat_result) -> str:
    if stat.S_ISLNK(entry.st_mode):
        return "a symbolic link"
    if stat.S_ISDIR(entry.st_mode):
        return "an empty folder, as a submodule leaves it"
    if not stat.S_ISREG(entry.st_mode):
        return "no regular file"
    if entry.st_mode & 0o111:
        return "executable"
    return ""


def _entries(root: Path) -> dict[str, os.stat_result]:
    """Everything in a folder that is no folder itself, and every empty folder below it, by relative path."""
    found: dict[str, os.stat_result] = {}
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            inside = [entry for entry in entries if folder + entry.name != REPOSITORY]
        if not inside and folder:
            found[folder.rstrip("/")] = (root / folder).stat(follow_symlinks=False)
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                pending.append(folder + entry.name + "/")
            else:
                found[folder + entry.name] = entry.stat(follow_symlinks=False)
    return found
