"""Source files: found and read inside the project folder only, decoded, and addressed by line and column."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from blueprint.latex.arguments import Cursor
from blueprint.latex.scan import scan
from blueprint.node import Place
from blueprint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint.latex.token import Token
    from blueprint.problem import Severity

T = TypeVar("T")

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


class Remark(NamedTuple):
    """Something wrong with a file as a whole: in which line, 0 where no line of it can be read."""

    line: int
    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of a file: its text, if it could be read, and what is to be said of it."""

    source: Source | None
    remarks: tuple[Remark, ...]


class Shelf:
    """Copies of files, kept from one reading of a book to the next; a file that says the same keeps its `Source`."""

    def __init__(self) -> None:
        self._copies: dict[Path, tuple[bytes, Copy]] = {}
        self._derived: dict[Path, tuple[Source, Any]] = {}

    def derive(self, source: Source, make: Callable[[str], T]) -> T:
        """Return what is made of a file's text, made once for as long as the file says the same; one maker a file."""
        kept = self._derived.get(source.path)
        if kept is None or kept[0] is not source:
            kept = self._derived[source.path] = (source, make(source.text))
        made: T = kept[1]
        return made

    def copy(self, path: Path, name: str) -> Copy:
        """Read a file, whose name in the project folder is given."""
        try:
            if path.stat().st_size > LARGEST_FILE:
                return Copy(None, (Remark(0, "BP107", "error", f"{name} is larger than 64 MB; it is left out."),))
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"{name} cannot be read ({reason}); mend its permissions."
            return Copy(None, (Remark(0, "BP104", "error", message),))
        digest = hashlib.blake2b(data).digest()
        kept = self._copies.get(path)
        if kept is None or kept[0] != digest:
            text, remarks = _decode(data)
            kept = self._copies[path] = (digest, Copy(Source(path, name, text), remarks))
        return kept[1]


def _decode(data: bytes) -> tuple[str, tuple[Remark, ...]]:
    """Return what a file says, with simple line ends, and what is wrong with its bytes."""
    remarks: list[Remark] = []
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "The file is not UTF-8, read as Latin-1; save it as UTF-8."
        remarks.append(Remark(line, "BP105", "warning", message))
        text = data.decode("latin-1")
    else:
        if encoding == "utf-16":
            remarks.append(Remark(1, "BP105", "warning", "The file is UTF-16; save it as UTF-8."))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "The file holds null bytes, read as unknown characters; take them out."
        remarks.append(Remark(line, "BP106", "warning", message))
        text = text.replace("\0", "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n"), tuple(remarks)


@dataclass(frozen=True, slots=True)
class Request:
    """A file that the book asked for, and what was found.

    Attributes:
        name, beside, first: what was asked, as `Library.resolve` takes it.
        at: where.
        path, is_outside: what `Library.resolve` answered.
        is_read: whether the file was then read: not if it is being read already, or is nested too deep.
        source: what `Library.read` answered.
    """

    name: str
    beside: Path
    first: Path | None
    at: Place
    path: Path | None
    is_outside: bool
    is_read: bool = False
    source: Source | None = None


@dataclass
class Library:
    """Reads the files of one book.

    Attributes:
        folder: the project folder, resolved; nothing outside it is read, whatever a link points to.
        base: the root file's folder, where file names are looked up first.
        problems: what was wrong with the files.
        files: names of the files read, in order, each once.
        shelf: copies of files from earlier readings.
        requests: what the book asked for so far, in order.
    """

    folder: Path
    base: Path
    problems: list[Problem] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    requests: list[Request] = field(default_factory=list)
    _looked: dict[Path, Copy] = field(default_factory=dict)
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
        copy = self._look(path)
        self._reads += 1
        self._read_text += len(copy.source.text) if copy.source else 0
        if self._reads > MOST_FILES or self._read_text > MOST_TEXT:
            if not any(problem.code == "BP107" for problem in self.problems):
                self._report(at, "BP107", "error", "The book reads too many files; this and later ones are left out.")
            return None
        for line, code, severity, message in copy.remarks:
            place = Place(copy.source.name, line) if copy.source and line else at
            self.problems.append(Problem(place, code, severity, message))
        if copy.source is not None:
            self.files[copy.source.name] = None
        return copy.source

    def still(self, request: Request) -> bool:
        """Whether a request of an earlier reading would be answered in the same way."""
        found = self.resolve(request.name, request.beside, first=request.first)
        if found != (request.path, request.is_outside):
            return False
        return request.path is None or not request.is_read or self._look(request.path).source is request.source

    def has_room(self, requests: list[Request]) -> bool:
        """Whether as much more as some requests read may be read."""
        sources = [request.source for request in requests if request.is_read]
        text = sum(len(source.text) for source in sources if source)
        return self._reads + len(sources) <= MOST_FILES and self._read_text + text <= MOST_TEXT

    def _look(self, path: Path) -> Copy:
        if path not in self._looked:
            self._looked[path] = self.shelf.copy(path, path.relative_to(self.folder).as_posix())
        return self._looked[path]

    def _report(self, place: Place, code: str, severity: Severity, message: str) -> None:
        self.problems.append(Problem(place, code, severity, message))
