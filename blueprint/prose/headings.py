"""Headings, captions and items: commands that structure a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.prose.flow import escape

if TYPE_CHECKING:
    from blueprint.prose.flow import Flow
    from blueprint.prose.text import Handler, TextWriter


_LABEL = re.compile(r"\s*\\label\s*\{([^{}]*)\}")
_HEADINGS = {"part": 2, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5}


def write_heading(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write the heading of a division, with its number if a label behind it has one."""
    star = writer.cursor.star(at)
    option = writer.cursor.option(star.end if star else at)
    span = writer.group_span(option.end if option else star.end if star else at)
    if span is None:
        writer.show(flow, f"\\{name}")
        return at
    label = _LABEL.match(writer.tex, span[1] + 1)
    number = writer.context.references.number(label[1]) if label else ""
    level = _HEADINGS[name]
    title = writer.inline(*span)
    counted = f'<span class="number">{escape(number)}</span> ' if number else ""
    flow.block(f"<h{level}>{counted}{title}</h{level}>")
    return label.end() if label else span[1] + 1


def write_run_in_heading(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a heading that stands in its paragraph."""
    star = writer.cursor.star(at)
    span = writer.group_span(star.end if star else at)
    if span is None:
        writer.show(flow, f"\\{name}")
        return at
    flow.end_paragraph()
    flow.add(f'<strong class="run-in">{writer.inline(*span)}</strong> ')
    return span[1] + 1


def write_caption(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write the caption of a figure or table."""
    star = writer.cursor.star(at)
    option = writer.cursor.option(star.end if star else at)
    span = writer.group_span(option.end if option else star.end if star else at)
    if span is None:
        writer.show(flow, "\\caption")
        return at
    flow.block(f"<figcaption>{writer.inline(*span, linked=flow.linked)}</figcaption>")
    return span[1] + 1


def write_stray_item(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Show an item outside every list."""
    writer.raw(flow, at - len("\\item"), at, "\\item")
    return at


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_HEADINGS, write_heading),
    **dict.fromkeys(("paragraph", "subparagraph"), write_run_in_heading),
    "caption": write_caption,
    "item": write_stray_item,
}
"""Handlers by command."""
