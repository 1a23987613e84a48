"""The book's prose as HTML that templates may trust, and as plain text where HTML has no place.

This is the one door through which HTML made elsewhere enters the site: `blueprint.ProseRenderer` promises
that what it returns is sanitised. Everything else reaches the templates as text, and is escaped there.
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from blueprint import ProseRenderer

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint import Blueprint, Entry, Passage, Renderings
    from blueprint.node import Node

_LINK_TAG = re.compile(r"</?a\b[^>]*>")


class Prose:
    """Typesets one book. What is asked twice is typeset once."""

    def __init__(
        self,
        blueprint: Blueprint,
        link: Callable[[str], str],
        cite: Callable[[str], str],
        kept: Renderings | None = None,
    ) -> None:
        """Prepare to typeset.

        Args:
            blueprint: the book, whose macros and numbers the prose uses.
            link: from a label in a reference to the address it leads to; empty for none.
            cite: from the key of an entry of the bibliography to its address.
            kept: renderings of earlier editions.
        """
        self._renderer = ProseRenderer(blueprint, link, cite, kept)
        self._inline = cache(self._renderer.inline)

    def statement(self, node: Node) -> Markup:
        """Return a node's statement as HTML."""
        return _trusted(self._renderer.statement(node))

    def proof(self, node: Node) -> Markup:
        """Return a node's proof as HTML; empty where the book has none."""
        return _trusted(self._renderer.proof(node)) if node.proof else Markup()

    def passage(self, passage: Passage, place: str) -> Markup:
        """Return a stretch of prose as HTML; its place on the page keeps footnotes of equal passages apart."""
        return _trusted(self._renderer.passage(passage.tex, passage.equations, place))

    def entry(self, entry: Entry) -> Markup:
        """Return an entry of the bibliography as HTML."""
        return _trusted(self._renderer.passage(entry.tex))

    def inline(self, tex: str) -> Markup:
        """Return a title as HTML without paragraphs and without links: titles stand inside links themselves."""
        return _trusted(_LINK_TAG.sub("", self._inline(tex)))

    @staticmethod
    def escaped(text: str) -> Markup:
        """Return plain text as HTML."""
        return escape(text)

    def plain(self, tex: str) -> str:
        """Return a title as plain text."""
        return plain_text(self._inline(tex))


def plain_text(html: str) -> str:
    """Return the text of a piece of HTML, white space squeezed."""
    collector = _TextCollector()
    collector.feed(html)
    collector.close()
    return re.sub(r"\s+", " ", "".join(collector.pieces)).strip()


class _TextCollector(HTMLParser):
    """Collects text, leaving out the TeX sources that MathML may carry as annotations."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag == "annotation"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "annotation"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def _trusted(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - ProseRenderer's promise; tests hold it to it with hostile text
