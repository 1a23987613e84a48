"""The first lines of a Lean file: whether it is a module, and what it imports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from checker.errors import HeaderError
from checker.source.lexer import LexicalError, comment_end

_NAME = re.compile(r"(?:[A-Za-z_][\w'!?]*|«[^«»\n]+»)(?:\.(?:[A-Za-z_][\w'!?]*|«[^«»\n]+»))*")
_PLAIN: Final = re.compile(r"[A-Za-z_][\w'!?-]*")
_SPACE = re.compile(r"(?:[ \t\r\n]+|--[^\n]*)+")
_WORD = re.compile(r"[a-z]+(?![\w'!?.])")
_SPELLINGS_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Import:
    """One import.

    Attributes:
        module: what is imported.
        line: 1-based line.
        public: whether importers of this file see it too.
        all: whether private parts are imported.
        meta: whether it is there to run while Lean elaborates.
    """

    module: str
    line: int
    public: bool = False
    all: bool = False
    meta: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the first command.

    Attributes:
        is_module: whether the file begins with ``module``.
        prelude: whether it does without the implicit ``import Init``.
        imports: in order; without ``prelude`` the implicit ones of `Init` come first.
        end: offset in code points after its last word; 0 when there is none.
    """

    is_module: bool
    prelude: bool
    imports: tuple[Import, ...]
    end: int = 0

    @property
    def written(self) -> tuple[Import, ...]:
        """The imports that the file spells out."""
        return self.imports if self.prelude else self.imports[len(_IMPLICIT) :]


_IMPLICIT: Final = (Import("Init", 1, public=True), Import("Init", 1, public=True, meta=True))
"""What Lean imports where there is no ``prelude``, as its compiled modules tell: to importers too, and to run."""


class _Cursor:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.taken = 0

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def skip(self) -> None:
        """Skip space and comments; documentation is no space."""
        while True:
            space = _SPACE.match(self.text, self.at)
            if space is not None:
                self.at = space.end()
            elif self.text.startswith("/-", self.at) and self.text[self.at + 2 : self.at + 3] not in ("-", "!"):
                self.at = comment_end(self.text, self.at + 2, self.line)
            else:
                return

    def take(self, word: str) -> bool:
        """Take a keyword, if it is next."""
        self.skip()
        found = _WORD.match(self.text, self.at)
        if found is None or found.group() != word:
            return False
        self.at = found.end()
        return True

    def keep(self) -> None:
        """Count what was read so far as header."""
        self.taken = self.at


def imports_of(source: bytes) -> Header:
    """Read the header of a Lean file.

    Raises:
        HeaderError: when an import names nothing, or no file, or the file is not UTF-8.
    """
    try:
        cursor = _Cursor(source.decode("utf-8"))
        is_module = _kept(cursor, "module")
        prelude = _kept(cursor, "prelude")
        imports = [] if prelude else [*_IMPLICIT]
        while (found := _import(cursor, is_module=is_module)) is not None:
            imports.append(found)
            cursor.keep()
    except UnicodeDecodeError as error:
        raise HeaderError(f"The file is not UTF-8 (byte {error.start}).") from error
    except LexicalError as error:
        raise HeaderError(f"Line {error.line}: {error}") from error
    return Header(is_module, prelude, tuple(imports), cursor.taken)


def _kept(cursor: _Cursor, word: str) -> bool:
    taken = cursor.take(word)
    if taken:
        cursor.keep()
    return taken


def _import(cursor: _Cursor, *, is_module: bool) -> Import | None:
    start = cursor.at
    public = cursor.take("public")
    meta = cursor.take("meta")
    if not cursor.take("import"):
        cursor.at = start
        return None
    everything = cursor.take("all")
    cursor.skip()
    name = _NAME.match(cursor.text, cursor.at)
    if name is None:
        raise HeaderError(f"Line {cursor.line}: an import names no module.")
    line, cursor.at = cursor.line, name.end()
    return Import(_one_spelling(name.group()), line, public or not is_module, everything, meta)


@lru_cache(maxsize=_SPELLINGS_KEPT)
def _one_spelling(name: str) -> str:
    """A module's name with guillemets only where they are needed: the same few thousand names come again and again."""
    return module_of(path_of(name))


def module_of(path: str | PurePosixPath) -> str:
    """The module a file holds: ``Arithmetic/Order/Le.lean`` is ``Arithmetic.Order.Le``.

    Raises:
        HeaderError: when the path is no Lean file, or a part of it cannot be part of a module's name.
    """
    pure = PurePosixPath(path)
    parts = pure.with_suffix("").parts
    if pure.suffix != ".lean" or pure.is_absolute() or not parts:
        raise HeaderError(f"{path} is no Lean file inside the tree.")
    for part in parts:
        if not _PLAIN.fullmatch(part):
            raise HeaderError(f"{path} cannot be a module: {part!r} is no plain name.")
    return ".".join(f"«{part}»" if "-" in part else part for part in parts)


def path_of(module: str) -> str:
    """The file that holds a module, with forward slashes: the inverse of `module_of`.

    Raises:
        HeaderError: when the name has parts no file may have.
    """
    parts = [part.removeprefix("«").removesuffix("»") for part in module.split(".")]
    for part in parts:
        if not _PLAIN.fullmatch(part):
            raise HeaderError(f"{module} names no file: {part!r} is no plain name.")
    return "/".join(parts) + ".lean"
