"""Writes drafted books: to another folder, or, if asked in so many words, in place."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.draft.insertion import insertions_of
from blueprint.errors import DraftRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blueprint.draft.originals import Original
    from blueprint.draft.proposal import Draft


def drafted_files(draft: Draft, files: Mapping[str, Original]) -> dict[str, bytes]:
    r"""Return all files of a book by name, with the marks of a draft inserted.

    Right behind each ``\begin`` with its arguments and labels come ``\label``, ``\lean`` and ``\uses``, each with its
    reason as a comment before it. Everything else is what it was, byte for byte.

    Args:
        draft: what is proposed for the book.
        files: its files, from `blueprint.draft.originals.read_originals`.
    """
    insertions = insertions_of(draft, files)
    return {
        name: file.with_insertions(insertions[name]) if name in insertions else file.data
        for name, file in files.items()
    }


def difference(draft: Draft, files: Mapping[str, Original]) -> Iterator[str]:
    """Yield the lines of a unified diff from a book to its draft, without line ends."""
    for name, data in drafted_files(draft, files).items():
        if data != files[name].data:
            after = type(files[name])(name, files[name].path, data)
            yield from difflib.unified_diff(
                files[name].text.split("\n"), after.text.split("\n"), f"a/{name}", f"b/{name}", lineterm=""
            )


def write_draft(draft: Draft, files: Mapping[str, Original], folder: Path) -> tuple[Path, ...]:
    """Write all files of a drafted book to a folder; return those that were not there yet.

    Raises:
        DraftRefused: a file there is one of the book's own, or has another content: somebody's work.
    """
    base = folder.resolve()
    originals = {file.path for file in files.values()}
    wanted: dict[Path, bytes] = {}
    for name, data in drafted_files(draft, files).items():
        path = (base / name).resolve()
        if path in originals:
            raise DraftRefused(f"“{path}” belongs to the book itself; name another folder, or say --in-place.")
        if not path.is_relative_to(base):
            raise DraftRefused(f"“{base / name}” leads out of the folder by a link; name another folder.")
        if path.exists() and (not path.is_file() or path.read_bytes() != data):
            raise DraftRefused(f"“{path}” is there already, with other content; name an empty folder.")
        wanted[path] = data
    written = [path for path in wanted if not path.exists()]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, wanted[path])
    return tuple(written)


def write_in_place(draft: Draft, files: Mapping[str, Original]) -> tuple[Path, ...]:
    """Write a draft over the book itself; return the files that changed.

    Raises:
        DraftRefused: a file was changed since it was read.
    """
    changed = {
        files[name].path: (files[name].data, data)
        for name, data in drafted_files(draft, files).items()
        if data != files[name].data
    }
    for path, (before, _) in changed.items():
        if path.read_bytes() != before:
            raise DraftRefused(f"“{path}” has been changed in the meantime; draft the book again.")
    for path, (_, after) in changed.items():
        _replace(path, after)
    return tuple(changed)


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, with the permissions that it had."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
