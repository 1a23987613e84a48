"""Environments in text as HTML: lists, tables, figures, quotations, remarks and proofs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.lists import LISTS, item_start, item_template, write_item
from blueprint.latex.names import name_set
from blueprint.latex.scan import IGNORED, VERBATIM
from blueprint.prose.flow import Flow, escape, tight
from blueprint.prose.tables import TABLES, write_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.prose.text import TextWriter

_DISPLAYS = frozenset(
    {"equation", "align", "gather", "multline", "eqnarray", "flalign", "alignat", "displaymath", "dmath"}
    | {"IEEEeqnarray"}
)
MATHEMATICS = frozenset(
    {*_DISPLAYS, *(f"{name}*" for name in _DISPLAYS), "math", "aligned", "gathered", "split", "cases", "matrix"}
    | {"pmatrix", "bmatrix", "array", "vmatrix", "subarray"}
)
"""Environments that are formulas, with or without dollars around them."""

_QUOTES = frozenset({"quote", "quotation", "displayquote", "verse"})
_UNSEEN = name_set("""
    document abstract center flushleft flushright subequations titlepage small footnotesize large sloppypar samepage
    landscape framed shaded leftbar appendices appendix threeparttable savenotes singlespace doublespace refsection
""")
PLAIN: dict[str, str] = {
    **dict.fromkeys(_UNSEEN, ""),
    **dict.fromkeys(("multicols", "adjustbox", "spacing", "otherlanguage"), "m"),
    **dict.fromkeys(("tcolorbox", "mdframed"), "o"),
    "minipage": "om",
}
"""Environments of which only the text is seen, to the arguments they take."""

_PICTURES = name_set("tikzpicture tikzcd picture CD xy asy prooftree mathpar algorithm algorithmic axis")
_FLOATS = frozenset({"figure", "figure*", "table", "table*", "wrapfigure", "subfigure"})
_ITEM = re.compile(r"\\item(?![A-Za-z])|\\begin(?![A-Za-z])|\\[\\%]|%[^\n]*+")
_LABEL = re.compile(r"\s*\\label\s*\{([^{}]*)\}")
_BIBLIOGRAPHY = re.compile(r"\\bibitem\s*(?:\[([^\[\]]*)\])?\s*\{([^{}]*)\}")


class Environments:
    """Writes the environments of one text."""

    def __init__(self, writer: TextWriter) -> None:
        self._writer = writer
        self._writers: dict[str, Callable[[str, Flow, int, int], None]] = {
            **dict.fromkeys(PLAIN, self._plain),
            **dict.fromkeys(VERBATIM, self._verbatim),
            **dict.fromkeys(LISTS, self._list),
            **dict.fromkeys(_QUOTES, self._quotation),
            **dict.fromkeys(TABLES, self._table),
            **dict.fromkeys(_FLOATS, self._float),
            "thebibliography": self._bibliography,
        }

    def write(self, name: str, flow: Flow, start: int, at: int, closing: tuple[int, int]) -> None:
        r"""Write one environment.

        Args:
            name: its name.
            flow: where to.
            start: offset of its ``\begin``.
            at: offset behind ``\begin{name}``.
            closing: the span of its ``\end{name}``.
        """
        writer = self._writer
        write = self._writers.get(name)
        if name in writer.context.headings or name == "proof":
            self._statement(name, flow, at, closing[0])
        elif write is not None:
            write(name, flow, at, closing[0])
        elif name in _PICTURES:
            writer.context.unknown[f"environment {name}"] += 1
            flow.block(f'<pre class="tex-raw">{escape(writer.tex[start : closing[1]])}</pre>')
        elif name not in IGNORED:
            writer.raw(flow, start, at, f"environment {name}")
            writer.write(flow, at, closing[0])
            flow.raw(writer.tex[slice(*closing)])

    def _verbatim(self, name: str, flow: Flow, at: int, end: int) -> None:
        cursor = self._writer.cursor
        if name in {"lstlisting", "minted", "Verbatim"}:
            option = cursor.option(at) if self._writer.tex.startswith("[", at) else None
            at = option.end if option else at
        if name == "minted":
            language = cursor.group(at)
            at = language.end if language else at
        source = self._writer.tex[at:end].strip("\n")
        flow.block(f"<pre><code>{escape(source)}</code></pre>")

    # ---- lists

    def _items(self, at: int, end: int) -> list[tuple[int, int]]:
        r"""Return the spans between a list's own ``\item`` commands, from behind the command to the next."""
        starts: list[int] = []
        ends: list[int] = []
        tex, pairs = self._writer.tex, self._writer.pairs
        while match := _ITEM.search(tex, at, end):
            at = match.end()
            if match[0] == "\\begin":
                pair = pairs.get(match.start())
                at = pair[1] if pair else at
            elif match[0] == "\\item":
                starts.append(match.end())
                ends.append(match.start())
        return list(zip(starts, [*ends[1:], end], strict=False))

    def _list(self, name: str, flow: Flow, at: int, end: int) -> None:
        writer = self._writer
        option = writer.cursor.option(at)
        at = option.end if option else at
        items = self._items(at, end)
        before = writer.blocks(at, items[0][0] - len("\\item")) if items else writer.blocks(at, end)
        if before:
            flow.block(before)
        if not items:
            return
        if name == "description":
            rows = (self._description(*span) for span in items)
            flow.block(f"<dl>{''.join(rows)}</dl>")
            return
        sheet, is_numbered = writer.sheet, "enum" in name
        template = item_template(option.text if option else "", sheet.lists) if is_numbered else ""
        sheet.lists += is_numbered
        count = first = item_start(option.text if option else "", sheet.counts.get(sheet.lists - is_numbered, 0))
        labelled = bool(template) and template != r"\arabic*."
        rows_html: list[str] = []
        for start, stop in items:
            label = write_item(template, count) if labelled else ""
            html, own = self._item(start, stop, label)
            count += not own
            rows_html.append(html)
        sheet.lists -= is_numbered
        if is_numbered:
            sheet.counts[sheet.lists] = count - 1
        element = "ol" if template else "ul"
        kind = ' class="labelled"' if labelled or all("item-label" in row[:60] for row in rows_html) else ""
        begin = f' start="{first}"' if template and first != 1 and not labelled else ""
        flow.block(f"<{element}{kind}{begin}>{''.join(rows_html)}</{element}>")

    def _item(self, start: int, end: int, label: str) -> tuple[str, bool]:
        """Return an item as HTML, and whether it brings a label of its own."""
        writer = self._writer
        option = writer.cursor.option(start)
        shown = ""
        if option:
            shown = self._inline(option.text, linked=True)
            start = option.end
        elif label:
            shown = self._inline(label)
        body = tight(writer.blocks(start, end))
        if not shown:
            return f"<li>{body}</li>", bool(option)
        return f'<li class="labelled"><span class="item-label">{shown}</span> {body}</li>', bool(option)

    def _description(self, start: int, end: int) -> str:
        option = self._writer.cursor.option(start)
        term = self._inline(option.text, linked=True) if option else ""
        body = tight(self._writer.blocks(option.end if option else start, end))
        return f"<dt>{term}</dt><dd>{body}</dd>"

    def _inline(self, tex: str, *, linked: bool = False) -> str:
        writer = self._writer
        inner = Flow(inline=True, linked=linked)
        type(writer)(writer.context, writer.sheet, tex, writer.depth).write(inner)
        return inner.html()

    # ---- statements

    def _statement(self, name: str, flow: Flow, at: int, end: int) -> None:
        r"""Write a remark, a nested statement or a proof; the reader puts a label behind its ``\begin``."""
        writer = self._writer
        option = writer.cursor.option(at)
        at = option.end if option else at
        title = self._inline(option.text, linked=True) if option else ""
        label = _LABEL.match(writer.tex, at, end)
        if name == "proof":
            heading = f"{title or 'Proof'}."
        else:
            number = escape(writer.context.references.number(label[1])) if label else ""
            heading = f"{escape(writer.context.headings[name])} {number}".strip() + (f" ({title})." if title else ".")
        kind = "proof" if name == "proof" else "statement"
        outer, writer.sheet.counts = writer.sheet.counts, {}
        body = writer.blocks(at, end)
        writer.sheet.counts = outer
        flow.block(f'<div class="{kind}"><p class="{kind}-heading">{heading}</p>{body}</div>')

    # ---- other blocks

    def _quotation(self, _name: str, flow: Flow, at: int, end: int) -> None:
        flow.block(f"<blockquote>{self._writer.blocks(at, end)}</blockquote>")

    def _table(self, name: str, flow: Flow, at: int, end: int) -> None:
        flow.block(write_table(self._writer, name, at, end))

    def _plain(self, name: str, flow: Flow, at: int, end: int) -> None:
        cursor = self._writer.cursor
        for letter in PLAIN[name]:
            found = cursor.option(at) if letter == "o" else cursor.group(at)
            at = found.end if found else at
        html = self._writer.blocks(at, end)
        if html:
            flow.block(html)

    def _float(self, name: str, flow: Flow, at: int, end: int) -> None:
        cursor = self._writer.cursor
        option = cursor.option(at) if self._writer.tex.startswith("[", at) else None
        at = option.end if option else at
        for _ in range({"wrapfigure": 2, "subfigure": 1}.get(name, 0)):
            group = cursor.group(at)
            at = group.end if group else at
        flow.block(f"<figure>{self._writer.blocks(at, end)}</figure>")

    def _bibliography(self, _name: str, flow: Flow, at: int, end: int) -> None:
        writer = self._writer
        widest = writer.cursor.group(at)
        at = widest.end if widest else at
        entries = list(_BIBLIOGRAPHY.finditer(writer.tex, at, end))
        rows = []
        for index, entry in enumerate(entries):
            stop = entries[index + 1].start() if index + 1 < len(entries) else end
            body = tight(writer.blocks(entry.end(), stop))
            rows.append(f"<dt>[{escape(entry[1] or entry[2])}]</dt><dd>{body}</dd>")
        flow.block(f'<dl class="bibliography">{"".join(rows)}</dl>')
