r"""Pictures: which of the files that ``\includegraphics`` names lie in the book's folder."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.latex.bibliography import texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint.book import Blueprint
    from blueprint.latex.source import Library, Source

_NAMED = re.compile(r"\\includegraphics\*?\s*(?:\[[^\[\]]*\]\s*){0,2}\{([^{}]*)\}")
_SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".svg", ".eps")
_MOST = 2_000
_FOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_FOLDERS = 20


def with_pictures(book: Blueprint, library: Library, root: Source) -> Blueprint:
    """Return a book with its pictures: names as written to paths in the project folder. No picture is opened."""
    found = (match[1] for tex in texts_of(book) if "\\includegraphics" in tex for match in _NAMED.finditer(tex))
    pictures: dict[str, str] = {}
    folders = _folders(book)
    for name in [*dict.fromkeys(found)][:_MOST]:
        path = _find(name.strip(), folders, library, root)
        if path is not None:
            pictures[name.strip()] = path.relative_to(library.folder).as_posix()
    return replace(book, pictures=pictures) if pictures else book


def _folders(book: Blueprint) -> list[str]:
    r"""Return where pictures may lie: beside the root file, and in the folders of the last ``\graphicspath``."""
    lists = [tag.argument for tag in book.tags if tag.name == "graphicspath"]
    named = [folder.strip() for folder in _FOLDER.findall(lists[-1])] if lists else []
    return ["", *named[:_MOST_FOLDERS]]


def _find(name: str, folders: list[str], library: Library, root: Source) -> Path | None:
    for folder in folders:
        for suffix in _SUFFIXES:
            path, _ = library.resolve(folder + name, root.path.parent, suffix)
            if path is not None and path.suffix.lower() in _SUFFIXES:
                return path
    return None
