"""Reading the book of a commit, or taking it as it was read before: most commits change no word of it."""

from __future__ import annotations

import contextlib
import os
from hashlib import sha256
from typing import TYPE_CHECKING

from blueprint.kept import keep, kept, reader_stamp
from coordinator.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blueprint import Blueprint
    from coordinator.git import Repository

_KEY = 64
"""Characters of the key in front of a kept book."""


def read_kept(hub: Repository, commit: str, blobs: Mapping[str, str], book: str, place: Path) -> Blueprint:
    """The book of a commit.

    Args:
        hub: the repository.
        commit: of it.
        blobs: object names of the commit's files, by path.
        book: path of the root file, or of a folder that holds it, in the commit.
        place: the file in which the book is kept for the next time. Where it cannot be written, nothing is kept.

    Raises:
        blueprint.BlueprintError: there is nothing to read.
    """
    key = _key_of(blobs, book)
    found = _look(place, key)
    if found is None:
        found = _read(hub, commit, book)
        _keep(place, key + keep(found))
    return found


def _key_of(blobs: Mapping[str, str], book: str) -> bytes:
    """A digest of all that a reading depends on: the program that reads, and every file that it might look at."""
    told = sha256(f"{reader_stamp()}\0{book}\0".encode())
    for path in sorted(blobs):
        if not path.endswith(".lean"):
            told.update(f"{path}\0{blobs[path]}\0".encode(errors="surrogateescape"))
    return told.hexdigest().encode()


def _look(place: Path, key: bytes) -> Blueprint | None:
    try:
        data = place.read_bytes()
    except OSError:
        return None
    return kept(data[_KEY:]) if data[:_KEY] == key else None


def _read(hub: Repository, commit: str, book: str) -> Blueprint:
    from blueprint import read_blueprint  # noqa: PLC0415 - most commands read no book

    with temporary_folder("book") as scratch:
        hub.export(commit, scratch, leave_out=".lean")  # a book reads none, and there are thousands
        return read_blueprint(scratch / book)


def _keep(place: Path, data: bytes) -> None:
    """Keeps a book, where that is possible: somebody else's campaign, or a full disk, can be looked at all the same."""
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        try:
            part.write_bytes(data)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
