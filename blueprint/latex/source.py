"""Source files: found and read inside the project folder only, decoded, and addressed by line and column."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor
from blueprint.latex.scan import scan
from blueprint.node import Place
from blueprint.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint.latex.token import Token
    from blueprint.problem import Severity

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a bigger file is not a chapter."""

MOST_FILES = 5_000
r"""Files read for one book, repetitions counted: bounds files that ``\input`` one another over and over."""

MOST_TEXT = 256 * 1024 * 1024
"""Characters read for one book, repetitions counted."""


@dataclass
class Source:
    r"""One file of the book.

    Attributes:
        path: where it lies, resolved.
        name: its path relative to the project folder, with forward slashes.
        text: what it says, with ``\n`` between lines.
    """

    path: Path
    name: str
    text: str

    @cached_property
    def _lines(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The file's structural tokens."""
        return scan(self.text)

    @cached_property
    def cursor(self) -> Cursor:
        """Finds arguments in the text."""
        return Cursor(self.text)

    def place(self, offset: int) -> Place:
        """Return line and column, both from 1, of an offset."""
        line = bisect_right(self._lines, offset)
        return Place(self.name, line, offset - self._lines[line - 1] + 1)


@dataclass
class Library:
    """Reads the files of one book.

    Attributes:
        folder: the project folder, resolved; nothing outside it is read, whatever a link points to.
        base: the root file's folder, where file names are looked up first.
        problems: what was wrong with the files.
        files: names of the files read, in order, each once.
    """

    folder: Path
    base: Path
    problems: list[Problem] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)
    _sources: dict[Path, Source | None] = field(default_factory=dict)
    _reads: int = 0
    _read_text: int = 0

    def resolve(
        self, name: str, beside: Path, suffix: str = ".tex", first: Path | None = None
    ) -> tuple[Path | None, bool]:
        """Find the file that a command names.

        Args:
            name: as written; tried relative to the root file, then to the file it stands in.
            beside: folder of the file it stands in.
            suffix: what LaTeX adds to a name; the name as written is tried second.
            first: folder to try before all others: the one that was imported from last.

        Returns:
            The file, or ``None``, and whether a name led out of the project folder.
        """
        outside = False
        if not name or "\0" in name:
            return None, False
        for folder in dict.fromkeys((first or self.base, self.base, beside)):
            for candidate in (name, name + suffix) if name.endswith(suffix) else (name + suffix, name):
                try:
                    path = (folder / candidate).resolve()
                    inside = path.is_relative_to(self.folder)
                    if inside and path.is_file():
                        return path, False
                except (OSError, RuntimeError, ValueError):
                    continue
                outside = outside or not inside
        return None, outside

    def read(self, path: Path, at: Place) -> Source | None:
        """Read a file found by `resolve`; ``at`` is where it is asked for. ``None`` and a problem if it cannot be."""
        source = self._sources[path] if path in self._sources else self._load(path, at)
        self._reads += 1
        self._read_text += len(source.text) if source else 0
        if self._reads > MOST_FILES or self._read_text > MOST_TEXT:
            if not any(problem.code == "BP107" for problem in self.problems):
                self._report(at, "BP107", "error", "The book reads too many files; this and later ones are left out.")
            return None
        self._sources[path] = source
        return source

    def _load(self, path: Path, at: Place) -> Source | None:
        name = path.relative_to(self.folder).as_posix()
        try:
            if path.stat().st_size > LARGEST_FILE:
                self._report(at, "BP107", "error", f"{name} is larger than 64 MB; it is left out.")
                return None
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            self._report(at, "BP104", "error", f"{name} cannot be read ({reason}); mend its permissions.")
            return None
        self.files[name] = None
        source = Source(path, name, "")
        source.text = self._decode(data, name)
        return source

    def _decode(self, data: bytes, name: str) -> str:
        text = self._text(data, name)
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            self._report(
                Place(name, line), "BP106", "warning",
                "The file holds null bytes, read as unknown characters; take them out.",
            )  # fmt: skip
            text = text.replace("\0", "\ufffd")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _text(self, data: bytes, name: str) -> str:
        encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._report(
                Place(name, line), "BP105", "warning",
                "The file is not UTF-8, read as Latin-1; save it as UTF-8.",
            )  # fmt: skip
            return data.decode("latin-1")
        if encoding == "utf-16":
            self._report(Place(name, 1), "BP105", "warning", "The file is UTF-16; save it as UTF-8.")
        return text

    def _report(self, place: Place, code: str, severity: Severity, message: str) -> None:
        self.problems.append(Problem(place, code, severity, message))
