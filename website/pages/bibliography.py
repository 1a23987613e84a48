"""The book's bibliography."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from website.pages.page import Page
from website.routes import BIBLIOGRAPHY, entry_anchor

if TYPE_CHECKING:
    from markupsafe import Markup

    from website.edition import Edition


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry: its anchor, what citations print for it, and what it says."""

    anchor: str
    mark: str
    text: Markup


def bibliography_page(edition: Edition) -> Page:
    """Return the bibliography's page."""
    entries = tuple(
        EntryView(entry_anchor(key), entry.mark, edition.prose.entry(entry))
        for key, entry in edition.blueprint.bibliography.items()
    )
    return Page(BIBLIOGRAPHY, "bibliography.html.jinja", "Bibliography", "bibliography", entries, lambda: entries)
