"""What agents and reviewers wrote, as paragraphs to show: everything escaped, code between backticks set as code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_CODE = re.compile(r"`([^`\n]+)`")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def paragraphs_of(text: str, known: Iterable[str] = ()) -> tuple[Markup, ...]:
    """Return a text's paragraphs as HTML, each said once.

    Args:
        text: plain text; blank lines part paragraphs.
        known: texts whose paragraphs the reader meets elsewhere; they are left out.
    """
    seen = {paragraph for other in known for paragraph in _split(other)}
    fresh = dict.fromkeys(paragraph for paragraph in _split(text) if paragraph not in seen)
    return tuple(_marked_up(paragraph) for paragraph in fresh)


def _split(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in _BLANK_LINES.split(text) if paragraph.strip()]


def _marked_up(paragraph: str) -> Markup:
    pieces: list[Markup] = []
    for index, piece in enumerate(_CODE.split(paragraph)):
        pieces.append(Markup("<code>{}</code>").format(piece) if index % 2 else escape(piece))
    return Markup("").join(pieces)
