"""The flow of HTML being written: paragraphs, what is open in them, and blocks between them.

This is the only place where tags are made of names, and `escape` is the only way text becomes HTML: nothing that
a book says can reach the page as markup.
"""

from __future__ import annotations

import re
from html import escape as _escape
from typing import NamedTuple


def escape(text: str) -> str:
    """Return text as HTML, safe in content and in attributes in double quotes."""
    return _escape(text, quote=True)


RAW = '<span class="tex-raw">'
"""What begins a piece of source that is shown because it was not understood."""


_SINGLE = re.compile(r"<p>((?:(?!</?p>).)*)</p>", re.DOTALL)


class Style(NamedTuple):
    """An inline element that a font command opens: its name and its class, empty for none."""

    element: str
    name: str = ""

    @property
    def opening(self) -> str:
        """The start tag."""
        return f'<{self.element} class="{self.name}">' if self.name else f"<{self.element}>"

    @property
    def closing(self) -> str:
        """The end tag."""
        return f"</{self.element}>"


def tight(html: str) -> str:
    """Take a lone paragraph out of its tags."""
    single = _SINGLE.fullmatch(html)
    return single[1] if single else html


class Flow:
    """Collects HTML. Paragraphs open and close by themselves; fonts are carried over from one to the next."""

    def __init__(self, *, inline: bool = False, linked: bool | None = None) -> None:
        """Begin a flow.

        Args:
            inline: whether it is for a heading or a link: no paragraphs and, unless `linked`, no links in it.
            linked: whether there may be links in it.
        """
        self.inline = inline
        self.linked = not inline if linked is None else linked
        self._parts: list[str] = []
        self._paragraph: list[str] = []
        self._styles: list[Style] = []

    def add(self, html: str) -> None:
        """Add inline HTML to the paragraph."""
        self._paragraph.append(html)

    def text(self, text: str) -> None:
        """Add plain text to the paragraph."""
        self._paragraph.append(escape(text))

    def raw(self, source: str) -> None:
        """Add source that is not understood, visibly."""
        self._paragraph.append(f"{RAW}{escape(source)}</span>")

    @property
    def depth(self) -> int:
        """How many styles are open."""
        return len(self._styles)

    def open(self, style: Style) -> None:
        """Open an inline element."""
        self._styles.append(style)
        self._paragraph.append(style.opening)

    def close_to(self, depth: int) -> None:
        """Close inline elements until so many are open."""
        while len(self._styles) > depth:
            self._paragraph.append(self._styles.pop().closing)

    def end_paragraph(self) -> None:
        """End the paragraph; what is open in it goes on in the next."""
        if self.inline:
            self._paragraph.append(" ")
            return
        closing = "".join(style.closing for style in reversed(self._styles))
        html = ("".join(self._paragraph) + closing).strip()
        bare = html
        for style in self._styles:
            bare = bare.removeprefix(style.opening).removesuffix(style.closing)
        if bare.strip():
            self._parts.append(f"<p>{html}</p>")
        self._paragraph = [style.opening for style in self._styles]

    def block(self, html: str) -> None:
        """Add a block between paragraphs."""
        if self.inline:
            self._paragraph.append(html)
            return
        self.end_paragraph()
        self._parts.append(html)

    def html(self) -> str:
        """End the flow and return its HTML."""
        self.close_to(0)
        if self.inline:
            return "".join(self._paragraph).strip()
        self.end_paragraph()
        return "\n".join(self._parts)
