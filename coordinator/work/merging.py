"""Three versions of a file made one: by declarations where it is Lean that can be cut, else by lines."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker.source.lexer import LexicalError
from checker.source.merge import MergeConflict, merge_sources
from coordinator.errors import InputError
from coordinator.git.lines import merge_lines

if TYPE_CHECKING:
    from checker.source.merge_layout import Marks


@dataclass(frozen=True, slots=True)
class FileMerge:
    """What three versions of a file make.

    Attributes:
        data: the file; with marks where there are conflicts.
        clean: whether there is no conflict.
        way: what was merged.
        conflicts: for declarations: what is in conflict, and why.
        hint: for lines: why not declarations.
    """

    data: bytes
    clean: bool
    way: Literal["declarations", "lines"]
    conflicts: tuple[MergeConflict, ...] = ()
    hint: str = ""


def merge_versions(base: bytes, ours: bytes, theirs: bytes, marks: Marks, *, is_lean: bool = True) -> FileMerge:
    """Merges three versions of a file.

    Raises:
        GitError: git is missing, or a version that is not Lean is binary.
    """
    hint = "it is no Lean file"
    if is_lean:
        try:
            merge = merge_sources(base, ours, theirs, marks)
        except LexicalError as error:
            hint = f"line {error.line}: {error}"
        else:
            return FileMerge(merge.data, merge.clean, "declarations", merge.conflicts)
    names = (marks.ours, marks.base, marks.theirs)
    data, clean = merge_lines(base, ours, theirs, mark_length=marks.length, names=names)
    return FileMerge(data, clean, "lines", hint=hint)


def read_version(path: Path) -> bytes:
    """Reads one version.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file anew, whole or not at all, with the permissions it has.

    Raises:
        InputError: it cannot be written; then it is as it was.
    """
    target, scratch = path.resolve(), None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".blueprover-", delete=False) as file:
            scratch = Path(file.name)
            file.write(data)
        shutil.copymode(target, scratch)
        scratch.replace(target)
    except OSError as error:
        if scratch is not None:
            with suppress(OSError):
                scratch.unlink()
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
