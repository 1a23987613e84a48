"""Reads a blueprint: LaTeX files in, `Blueprint` out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.errors import NothingToRead
from blueprint.latex.assembly import Assembly
from blueprint.latex.attachment import attach_proofs
from blueprint.latex.bibliography import with_bibliography
from blueprint.latex.checks import check_book
from blueprint.latex.edition import Edition
from blueprint.latex.pictures import with_pictures
from blueprint.latex.source import Library, Shelf
from blueprint.latex.state import Book
from blueprint.node import Place
from blueprint.root import find_root
from blueprint.uncollected import uncollected

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint.book import Blueprint
    from blueprint.latex.parts import Part
    from blueprint.latex.source import Source

_COMMAND = re.compile(r"\\[A-Za-z]")


def read_blueprint(path: Path) -> Blueprint:
    """Read the book at a path.

    Args:
        path: its root file, or a folder in which `find_root` finds it. Nothing outside the folder (of a file: the
            folder it lies in) is read.

    Returns:
        The book. What is wrong with it is in its problems: bad LaTeX never raises.

    Raises:
        NothingToRead: there is no LaTeX at the path.
    """
    return _read(path, Shelf(), None)


class BlueprintReader:
    """Reads one book again and again, as its files change.

    Each reading gives exactly what `read_blueprint` gives. Every file is looked at, but only those that say something
    new are scanned, and those whose numbers or definitions changed with them; the rest is put in as it was. What is
    kept goes by what files say, never by their dates.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to read.

        Args:
            path: as `read_blueprint` takes it.
        """
        self.path = path
        self._shelf = Shelf()
        self._parts: dict[Path, Part] = {}

    def read(self) -> Blueprint:
        """Read the book as it is now.

        Raises:
            NothingToRead: there is no LaTeX at the path.
        """
        return _read(self.path, self._shelf, self._parts)


def _read(path: Path, shelf: Shelf, parts: dict[Path, Part] | None) -> Blueprint:
    root = find_root(path).resolve()
    folder = path.resolve() if path.is_dir() else root.parent
    if not root.is_relative_to(folder):
        raise NothingToRead(f"The root file “{root.name}” of “{path}” is a link out of the folder; copy it there.")
    library = Library(folder, root.parent, shelf=shelf)
    source = library.read(root, Place(root.relative_to(folder).as_posix(), 1))
    if source is None:
        raise NothingToRead(library.problems[0].message)
    if not _COMMAND.search(source.text):
        raise NothingToRead(f"“{path}” holds no LaTeX: it has no command at all.")
    with uncollected():
        return _assemble(library, source, parts)


def _assemble(library: Library, source: Source, parts: dict[Path, Part] | None) -> Blueprint:
    book = Book(source, library.problems)
    Assembly(library, book, parts).read(source)
    attach_proofs(book)
    check_book(book)
    book.sum_up()
    blueprint = Edition(book, tuple(library.files)).blueprint()
    return with_pictures(with_bibliography(blueprint, library, source), library, source)
