"""References, citations, links, footnotes and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.prose.addresses import safe_address
from blueprint.prose.flow import RAW, Flow, escape
from blueprint.prose.fonts import write_transparent
from blueprint.prose.references import COMMANDS
from blueprint.prose.spaces import behind_word

if TYPE_CHECKING:
    from blueprint.latex.arguments import Found
    from blueprint.prose.text import Handler, TextWriter


def write_reference(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a reference by label."""
    star = writer.cursor.star(at)
    group = writer.cursor.group(star.end if star else at)
    if group is None:
        writer.show(flow, f"\\{name}")
        return at
    _add_reference(writer, name, writer.context.references.html(name, group.text, linked=flow.linked), flow)
    return group.end


def write_reference_range(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a reference to all from one label to another."""
    star = writer.cursor.star(at)
    first = writer.cursor.group(star.end if star else at)
    last = writer.cursor.group(first.end) if first else None
    if first is None or last is None:
        writer.show(flow, f"\\{name}")
        return at
    references = writer.context.references
    html = references.range_html(name.removesuffix("range"), first.text, last.text, linked=flow.linked)
    _add_reference(writer, name, html, flow)
    return last.end


def _add_reference(writer: TextWriter, name: str, html: str, flow: Flow) -> None:
    """Add a reference; count it where a label names nothing and is shown."""
    writer.context.unknown.update({f"\\{name}": html.count(RAW)} if RAW in html else {})
    flow.add(html)


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
        writer.show(flow, f"\\{name}")
        return at
    keys = group.text
    while name.endswith("cites") and (more := writer.cursor.group(group.end)):
        group, keys = more, f"{keys},{more.text}"
    if name == "nocite":
        return group.end
    references = writer.context.references
    names = (" ".join(key.split()) for key in keys.split(","))
    marks = ", ".join(references.citation(key, linked=flow.linked) for key in names)
    before, after = (_note(writer, option) for option in ([None, *options, None] if len(options) < 2 else options)[:2])  # noqa: PLR2004 - as above
    written = " ".join(filter(None, (before, f"{marks}, {after}" if after else marks)))
    flow.add(f'<span class="citation">[{written}]</span>')
    return group.end


def _note(writer: TextWriter, option: Found | None) -> str:
    """Return what stands before or behind the marks of a citation, as HTML."""
    if option is None or not option.text.strip():
        return ""
    inner = Flow(inline=True)
    type(writer)(writer.context, writer.sheet, option.text.strip(), writer.depth).write(inner)
    return inner.html()


def write_link(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write a link with a text; an address that could run script is shown and not linked."""
    address = writer.cursor.raw_group(at)
    span = writer.group_span(address.end) if address else None
    if address is None or span is None:
        writer.show(flow, "\\href")
        return at
    text = writer.inline(*span)
    target = safe_address(address.text.replace("\\%", "%").replace("\\#", "#").replace("\\_", "_"))
    flow.add(text if not flow.linked or not target else f'<a class="external" href="{escape(target)}">{text}</a>')
    if not target:
        writer.show(flow, f"({address.text})", "\\href")
    return span[1] + 1


def write_address(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write an address as a link to itwriter."""
    address = writer.cursor.raw_group(at)
    if address is None:
        writer.show(flow, "\\url")
        return at
    target = safe_address(address.text)
    text = f"<code>{escape(address.text)}</code>"
    flow.add(text if not flow.linked or not target else f'<a class="external" href="{escape(target)}">{text}</a>')
    return address.end


def write_label_link(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write a text as a link to a label."""
    label = writer.cursor.option(at)
    span = writer.group_span(label.end if label else at)
    if span is None:
        writer.show(flow, "\\hyperref")
        return at
    text = writer.inline(*span)
    address = writer.context.references.address(label.text.strip()) if label and flow.linked else ""
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
        writer.show(flow, "\\footnote")
        return at
    note = writer.inline(*span, linked=flow.linked)
    flow.add(f'<span class="footnote">({note})</span>' if flow.inline else writer.sheet.add_note(note))
    return span[1] + 1


def write_footnote_mark(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write the mark of a footnote whose text comes later, or, with a number, one more mark of another."""
    option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
    if option or flow.inline:
        flow.add(f"<sup>{escape(option.text) if option else '*'}</sup>")
    else:
        flow.add(writer.sheet.reserve_note())
    return option.end if option else behind_word(writer.tex, at)


def write_footnote_text(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write the text of a footnote whose mark stands before it; of one without a mark, as any footnote."""
    option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
    span = writer.group_span(option.end if option else at)
    if span is None or flow.inline or option or not writer.sheet.reserved:
        return write_footnote(writer, name, at, flow)
    writer.sheet.fill_note(writer.inline(*span, linked=flow.linked))
    return span[1] + 1


def write_picture(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Name a picture: its file is no part of the page. One that is not in the book's folder is marked as missing."""
    star = writer.cursor.star(at)
    option = writer.cursor.option(star.end if star else at)
    group = writer.cursor.group(option.end if option else star.end if star else at)
    if group is None:
        writer.show(flow, "\\includegraphics")
        return at
    path = writer.context.facts.ask("picture", group.text.strip())
    if not path:
        writer.show(flow, f"[missing picture: {group.text}]", "\\includegraphics")
    else:
        flow.add(f'<span class="picture">[picture: {escape(path)}]</span>')
    return group.end


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(COMMANDS, write_reference),
    **dict.fromkeys(("url", "nolinkurl"), write_address),
    **dict.fromkeys(("crefrange", "Crefrange"), write_reference_range),
    "footnote": write_footnote,
    "footnotemark": write_footnote_mark,
    "footnotetext": write_footnote_text,
    "href": write_link,
    "hyperref": write_label_link,
    "texorpdfstring": write_pdf_string,
    "includegraphics": write_picture,
}
"""Handlers by command; citations go by the pattern of their names."""
