"""References, citations, links, footnotes and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.prose.addresses import safe_address
from blueprint.prose.flow import Flow, escape
from blueprint.prose.fonts import write_transparent
from blueprint.prose.references import COMMANDS

if TYPE_CHECKING:
    from blueprint.latex.arguments import Found
    from blueprint.prose.text import Handler, TextWriter


def write_reference(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a reference by label."""
    star = writer.cursor.star(at)
    group = writer.cursor.group(star.end if star else at)
    if group is None:
        flow.raw(f"\\{name}")
        return at
    flow.add(writer.context.references.html(name, group.text, linked=not flow.inline))
    return group.end


def write_reference_range(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a reference to all from one label to another."""
    star = writer.cursor.star(at)
    first = writer.cursor.group(star.end if star else at)
    last = writer.cursor.group(first.end) if first else None
    if first is None or last is None:
        flow.raw(f"\\{name}")
        return at
    references = writer.context.references
    flow.add(references.range_html(name.removesuffix("range"), first.text, last.text, linked=not flow.inline))
    return last.end


def write_citation(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a citation in brackets: the marks of its entries, or the keys of those that the bibliography lacks."""
    star = writer.cursor.star(at)
    at = star.end if star else at
    options: list[Found] = []
    while len(options) < 2 and (option := writer.cursor.option(at)):  # noqa: PLR2004 - before and after
        options.append(option)
        at = option.end
    group = writer.cursor.group(at)
    if group is None:
        flow.raw(f"\\{name}")
        return at
    if name == "nocite":
        return group.end
    references = writer.context.references
    names = (" ".join(key.split()) for key in group.text.split(","))
    keys = ", ".join(references.citation(key, linked=not flow.inline) for key in names)
    note = options[-1].text.strip() if options else ""
    inner = Flow(inline=True)
    if note:
        type(writer)(writer.context, writer.sheet, note, writer.depth).write(inner)
    written = f"{keys}, {inner.html()}" if note else keys
    flow.add(f'<span class="citation">[{written}]</span>')
    return group.end


def write_link(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write a link with a text; an address that could run script is shown and not linked."""
    address = writer.cursor.raw_group(at)
    span = writer.group_span(address.end) if address else None
    if address is None or span is None:
        flow.raw("\\href")
        return at
    text = writer.inline(*span)
    target = safe_address(address.text.replace("\\%", "%").replace("\\#", "#").replace("\\_", "_"))
    flow.add(text if flow.inline or not target else f'<a class="external" href="{escape(target)}">{text}</a>')
    if not target:
        flow.raw(f"({address.text})")
    return span[1] + 1


def write_address(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write an address as a link to itwriter."""
    address = writer.cursor.raw_group(at)
    if address is None:
        flow.raw("\\url")
        return at
    target = safe_address(address.text)
    text = f"<code>{escape(address.text)}</code>"
    flow.add(text if flow.inline or not target else f'<a class="external" href="{escape(target)}">{text}</a>')
    return address.end


def write_label_link(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write a text as a link to a label."""
    label = writer.cursor.option(at)
    span = writer.group_span(label.end if label else at)
    if span is None:
        flow.raw("\\hyperref")
        return at
    text = writer.inline(*span)
    address = writer.context.references.address(label.text.strip()) if label and not flow.inline else ""
    flow.add(f'<a class="reference" href="{escape(address)}">{text}</a>' if address else text)
    return span[1] + 1


def write_pdf_string(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write the first of two texts: the other is for bookmarks."""
    at = write_transparent(writer, "", at, flow)
    plain = writer.cursor.group(at)
    return plain.end if plain else at


def write_footnote(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write a footnote: its mark here, its text behind the passage."""
    option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
    span = writer.group_span(option.end if option else at)
    if span is None:
        flow.raw("\\footnote")
        return at
    note = writer.inline(*span)
    flow.add(f'<span class="footnote">({note})</span>' if flow.inline else writer.sheet.add_note(note))
    return span[1] + 1


def write_picture(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Name a picture: its file is no part of the page. One that is not in the book's folder is marked as missing."""
    star = writer.cursor.star(at)
    option = writer.cursor.option(star.end if star else at)
    group = writer.cursor.group(option.end if option else star.end if star else at)
    if group is None:
        flow.raw("\\includegraphics")
        return at
    path = writer.context.facts.ask("picture", group.text.strip())
    if not path:
        writer.context.unknown["\\includegraphics"] += 1
        flow.raw(f"[missing picture: {group.text}]")
    else:
        flow.add(f'<span class="picture">[picture: {escape(path)}]</span>')
    return group.end


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(COMMANDS, write_reference),
    **dict.fromkeys(("url", "nolinkurl"), write_address),
    **dict.fromkeys(("crefrange", "Crefrange"), write_reference_range),
    "footnote": write_footnote,
    "href": write_link,
    "hyperref": write_label_link,
    "texorpdfstring": write_pdf_string,
    "includegraphics": write_picture,
}
"""Handlers by command; citations go by the pattern of their names."""
