"""Tables as HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.prose.flow import Flow

if TYPE_CHECKING:
    from blueprint.prose.text import TextWriter

TABLES = frozenset({"tabular", "tabular*", "tabularx", "longtable", "tabulary"})
"""Environments that are tables of text."""

_MARK = re.compile(r"\\\\|\\(?:begin)(?![A-Za-z])|\\.|[&{}]|%[^\n]*+\n?", re.DOTALL)
_MULTICOLUMN = re.compile(r"(?:\s*\\(?:[a-z]*line|[a-z]+rule)(?:\{[^{}]*\})?)*\s*\\multicolumn\s*\{\s*(\d{1,2})\s*\}")
_ALIGNMENTS = {"c": "center", "r": "right"}


def write_table(writer: TextWriter, name: str, at: int, end: int) -> str:
    r"""Return a table as HTML.

    Args:
        writer: writes its cells.
        name: the environment's name.
        at: offset behind ``\begin{name}``.
        end: offset of its ``\end``.
    """
    cursor = writer.cursor
    if name in {"tabular*", "tabularx", "tabulary"}:
        width = cursor.group(at)
        at = width.end if width else at
    option = cursor.option(at)
    columns = cursor.group(option.end if option else at)
    at = columns.end if columns else at
    alignments = _alignments(columns.text if columns else "")
    rows = []
    for cells in _rows(writer, at, end):
        written = [_cell(writer, span, alignments[index : index + 1]) for index, span in enumerate(cells)]
        if any(html for _, html in written):
            rows.append("<tr>" + "".join(f"<td{kind}>{html}</td>" for kind, html in written) + "</tr>")
    return f"<table>{''.join(rows)}</table>"


def _alignments(columns: str) -> str:
    """Return one letter a column."""
    bare = re.sub(r"[@!<>]\{[^{}]*\}", "", columns)
    bare = re.sub(r"[pmbX]\s*(?:\{[^{}]*\})?", "l", bare)
    return "".join(letter for letter in bare if letter in "lcr")


def _cell(writer: TextWriter, span: tuple[int, int], alignment: str) -> tuple[str, str]:
    """Return a cell's attributes and its HTML."""
    start, end = span
    kind = f' class="{_ALIGNMENTS[alignment]}"' if alignment in _ALIGNMENTS else ""
    wide = _MULTICOLUMN.match(writer.tex, start, end)
    if wide:
        columns = writer.group_span(wide.end())
        content = writer.group_span(columns[1] + 1) if columns else None
        if content:
            start, end = content
            kind += f' colspan="{int(wide[1]) or 1}"'
    inner = Flow(inline=True)
    writer.write(inner, start, end)
    return kind, inner.html()


def _rows(writer: TextWriter, at: int, end: int) -> list[list[tuple[int, int]]]:
    """Return the spans of the cells, row by row."""
    rows: list[list[tuple[int, int]]] = [[]]
    depth = 0
    start = at
    while match := _MARK.search(writer.tex, at, end):
        at, mark = match.end(), match[0]
        if mark == "\\begin":
            pair = writer.pairs.get(match.start())
            at = pair[1] if pair else at
        elif mark == "&" and depth == 0:
            rows[-1].append((start, match.start()))
            start = at
        elif mark == "\\\\" and depth == 0:
            rows[-1].append((start, match.start()))
            option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
            start = at = option.end if option else at
            rows.append([])
        depth += (mark == "{") - (mark == "}")
    rows[-1].append((start, end))
    return rows
