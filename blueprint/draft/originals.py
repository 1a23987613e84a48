"""The files of a book as they lie on disk: read to be given back byte for byte, with insertions."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from blueprint.root import find_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from blueprint.book import Blueprint
    from blueprint.node import Place

_QUOTES = str.maketrans("\u201c\u201d", '""')
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Original:
    r"""One file of a book.

    Attributes:
        name: its path relative to the folder read, with forward slashes.
        path: where it lies, resolved; always inside that folder.
        data: its bytes.
    """

    name: str
    path: Path
    data: bytes

    @cached_property
    def _decoded(self) -> tuple[bytes, str, str]:
        """What stands before the text, the encoding of the rest, and the text; chosen as the reader chooses."""
        for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if self.data.startswith(mark):
                return self._decode(mark, encoding)
        return self._decode(codecs.BOM_UTF8 if self.data.startswith(codecs.BOM_UTF8) else b"", "utf-8")

    def _decode(self, mark: bytes, encoding: str) -> tuple[bytes, str, str]:
        try:
            return mark, encoding, self.data[len(mark) :].decode(encoding)
        except UnicodeDecodeError:
            return b"", "latin-1", self.data.decode("latin-1")

    @property
    def raw(self) -> str:
        """The text with the line ends that it has."""
        return self._decoded[2]

    @cached_property
    def text(self) -> str:
        r"""The text as the reader sees it: ``\n`` between lines, no null bytes."""
        return _LINE_END.sub("\n", self.raw.replace("\0", "\ufffd"))

    @cached_property
    def line_end(self) -> str:
        """The line end that the file uses first."""
        found = _LINE_END.search(self.raw)
        return found[0] if found else "\n"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _pairs(self) -> list[int]:
        r"""Offsets in `text` behind each line end that takes two characters in `raw`."""
        found = (match.end() for match in re.finditer("\r\n", self.raw))
        return [end - number for number, end in enumerate(found, 1)]

    def offset(self, place: Place) -> int:
        """Return the offset in `text` of a place."""
        return self._starts[place.line - 1] + place.column - 1

    def raw_offset(self, offset: int) -> int:
        """Return the offset in `raw` of an offset in `text`; before a line end it is before all of it."""
        return offset + bisect_right(self._pairs, offset)

    def with_insertions(self, insertions: Iterable[tuple[int, str]]) -> bytes:
        r"""Return the file with text inserted at offsets of `text`; ``\n`` in it becomes the file's line end."""
        mark, encoding, raw = self._decoded
        pieces: list[str] = []
        last = 0
        for offset, inserted in sorted(insertions):
            at = self.raw_offset(offset)
            pieces += [raw[last:at], self._encodable(inserted.replace("\n", self.line_end), encoding)]
            last = at
        return mark + "".join([*pieces, raw[last:]]).encode(encoding)

    @staticmethod
    def _encodable(text: str, encoding: str) -> str:
        """Return text as far as the file's encoding has its characters."""
        if encoding == "latin-1":
            text = text.translate(_QUOTES)
        return text.encode(encoding, "replace").decode(encoding)


def read_originals(path: Path, book: Blueprint) -> Mapping[str, Original]:
    """Read the files of a book again, in the order in which it was read.

    Args:
        path: what `blueprint.read_blueprint` was given; nothing outside its folder is read.
        book: what it gave back.

    Raises:
        NothingToRead: there is no LaTeX at the path any more.
        OSError: a file cannot be read any more.
    """
    folder = (path if path.is_dir() else find_root(path).resolve().parent).resolve()
    paths = {name: (folder / name).resolve() for name in book.files}
    return {
        name: Original(name, file, file.read_bytes()) for name, file in paths.items() if file.is_relative_to(folder)
    }
