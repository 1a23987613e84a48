r"""Pictures: which of the files that ``\includegraphics`` names lie in the book's folder."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.latex.bibliography import texts_of

if TYPE_CHECKING:
    from blueprint.book import Blueprint
    from blueprint.latex.source import Library, Source

_NAMED = re.compile(r"\\includegraphics\*?\s*(?:\[[^\[\]]*\]\s*){0,2}\{([^{}]*)\}")
_SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".svg", ".eps")
_MOST = 2_000


def with_pictures(book: Blueprint, library: Library, root: Source) -> Blueprint:
    """Return a book with its pictures: names as written to paths in the project folder. No picture is opened."""
    found = (match[1] for tex in texts_of(book) if "\\includegraphics" in tex for match in _NAMED.finditer(tex))
    pictures: dict[str, str] = {}
    for name in [*dict.fromkeys(found)][:_MOST]:
        for suffix in _SUFFIXES:
            path, _ = library.resolve(name.strip(), root.path.parent, suffix)
            if path is not None and path.suffix.lower() in _SUFFIXES:
                pictures[name.strip()] = path.relative_to(library.folder).as_posix()
                break
    return replace(book, pictures=pictures) if pictures else book
