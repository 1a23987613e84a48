"""A campaign's inbox: a folder where people's wishes wait for the one who writes the store.

A wish is one small file, written whole or not at all. It stays until its answer lies beside it, and its name is kept in
the store with what it changed: a coordinator killed at any moment loses no wish and grants none twice.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from typing import TYPE_CHECKING

from coordinator.campaign.wishes import read_answer, write_answer, write_wish
from coordinator.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.campaign.wishes import Answer, Wish

LARGEST = 64 * 1024
"""Bytes of a wish's file."""

MOST_WAITING = 1000
"""Wishes that may wait: nobody asks that fast, and a folder that fills by mistake must not fill the disk."""

MOST_ANSWERS = 1000
"""Answers kept that nobody has fetched."""

_WISH = re.compile(r"^[0-9]{20}-[0-9a-f]{32}\.wish$")


class Inbox:
    """The wishes and answers in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, wish: Wish) -> str:
        """Leaves a wish, and returns its name. Wishes are granted in the order of their names.

        Raises:
            InputError: it is no wish, or too many wait already.
        """
        written = write_wish(wish)
        if not self._folder.exists():
            self._folder.mkdir(exist_ok=True)
            _keep_names(self._folder.parent)
        if len(self.waiting()) >= MOST_WAITING:
            raise InputError(f"{MOST_WAITING} wishes wait in {self._folder}; `blueprover run` reads them.")
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        _write_whole(self._wish(name), written)
        return name

    def waiting(self) -> list[str]:
        """Names of the wishes without an answer, oldest first."""
        try:
            with os.scandir(self._folder) as entries:
                names = [each.name for each in entries if _WISH.match(each.name) and each.is_file()]
        except FileNotFoundError:
            return []
        return sorted(name.removesuffix(".wish") for name in names)[:MOST_WAITING]

    def read(self, name: str) -> bytes:
        """A wish as it was written, or as much of it as a wish may be long."""
        with self._wish(name).open("rb") as file:
            return file.read(LARGEST)

    def answer(self, name: str, answer: Answer) -> None:
        """Leaves the answer to a wish, and takes the wish away."""
        _write_whole(self._answer(name), write_answer(answer))
        self._wish(name).unlink(missing_ok=True)

    def fetch_answer(self, name: str) -> Answer | None:
        """Takes the answer to a wish away; ``None`` where there is none yet."""
        try:
            written = self._answer(name).read_bytes()
        except FileNotFoundError:
            return None
        self._answer(name).unlink(missing_ok=True)
        return read_answer(written)

    def tidy(self) -> None:
        """Forgets old answers that nobody came for, and what a killed writer left half written."""
        for ending, kept in ((".answer", MOST_ANSWERS), (".new", MOST_WAITING)):
            for old in sorted(self._folder.glob(f"*{ending}"))[:-kept]:
                old.unlink(missing_ok=True)

    def _wish(self, name: str) -> Path:
        return self._folder / f"{name}.wish"

    def _answer(self, name: str) -> Path:
        return self._folder / f"{name}.answer"


def _write_whole(file: Path, content: bytes) -> None:
    """Writes a file so that it is there whole or not at all, also after the machine died."""
    draft = file.with_name(f"{file.name}.new")
    with draft.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.rename(file)
    _keep_names(file.parent)


def _keep_names(folder: Path) -> None:
    """Has the disk keep which files a folder holds: a file that was flushed has no name there yet."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
