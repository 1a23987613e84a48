"""Tables as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.prose.flow import tight

if TYPE_CHECKING:
    from blueprint.prose.text import TextWriter

TABLES = frozenset({"tabular", "tabular*", "tabularx", "longtable", "tabulary"})
"""Environments that are tables of text."""

_MARK = re.compile(
    r"\\\\|\\begin(?![A-Za-z])|\\(?:tabularnewline|endfirsthead|endhead|endfoot|endlastfoot)(?![A-Za-z])|\\.|[&{}]"
    r"|%[^\n]*+\n?",
    re.DOTALL,
)
_LINES = r"(?:\s*+\\(?:[a-z]*line|[a-z]*rule)(?![a-z])(?:\([^()]*\))?(?:\{[^{}]*\})?)*+\s*+"
_MULTICOLUMN = re.compile(_LINES + r"\\multicolumn\s*\{\s*(\d{1,2})\s*\}")
_REPEATED = re.compile(r"\*\s*\{\s*(\d{1,3})\s*\}\s*\{([^{}]{0,40})\}")
_MULTIROW = re.compile(_LINES + r"\\multirow\s*(?:\[[^\[\]]*\])?\s*\{\s*(\d{1,3})\s*\}")
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_MOST_COLUMNS = 1_000
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
    caption = ""
    rows: list[list[_Cell]] = []
    for spans in _rows(writer, at, end):
        cells = _cells(writer, spans, alignments)
        named = _CAPTION.fullmatch(cells[0].html) if len(cells) == 1 else None
        if named:
            caption = f"<caption>{named[1]}</caption>"
        elif any(cell.html for cell in cells):
            rows.append(cells)
    _join_rows(rows)
    written = ("".join(f"<td{cell.attributes}>{cell.html}</td>" for cell in row if not cell.is_covered) for row in rows)
    return f"<table>{caption}{''.join(f'<tr>{row}</tr>' for row in written)}</table>"


def _alignments(columns: str) -> str:
    """Return one letter a column."""
    columns = _REPEATED.sub(lambda match: match[2] * min(int(match[1]), 100), columns)
    bare = re.sub(r"[@!<>]\{[^{}]*\}", "", columns)
    bare = re.sub(r"[pmbX]\s*(?:\{[^{}]*\})?", "l", bare)
    return "".join(letter for letter in bare if letter in "lcr")


@dataclass(slots=True)
class _Cell:
    """A cell: its HTML, its first column, how it is set, and how many columns and rows it takes."""

    html: str
    column: int
    alignment: str
    columns: int = 1
    rows: int = 1
    is_covered: bool = False
    is_wide: bool = False

    @property
    def attributes(self) -> str:
        kind = f' class="{self.alignment}"' if self.alignment else ""
        kind += f' colspan="{self.columns}"' if self.is_wide else ""
        return kind + (f' rowspan="{self.rows}"' if self.rows > 1 else "")


def _cells(writer: TextWriter, spans: list[tuple[int, int]], alignments: str) -> list[_Cell]:
    """Return the cells of a row, each at its column."""
    cells: list[_Cell] = []
    column = 0
    for start, end in spans:
        cell = _cell(writer, start, end, column, _ALIGNMENTS.get(alignments[column : column + 1], ""))
        column = min(column + cell.columns, _MOST_COLUMNS)
        cells.append(cell)
    return cells


def _cell(writer: TextWriter, start: int, end: int, column: int, alignment: str) -> _Cell:
    r"""Return a cell; what ``\multicolumn`` and ``\multirow`` wrap around it is taken off."""
    cell = _Cell("", column, alignment)
    wide = _MULTICOLUMN.match(writer.tex, start, end)
    layout = writer.group_span(wide.end()) if wide else None
    content = writer.group_span(layout[1] + 1) if layout else None
    if wide and layout and content:
        start, end = content
        cell.columns, cell.is_wide = int(wide[1]) or 1, True
        cell.alignment = _ALIGNMENTS.get(_alignments(writer.tex[slice(*layout)])[:1], "")
    tall = _MULTIROW.match(writer.tex, start, end)
    content = _tall_content(writer, tall.end()) if tall else None
    if tall and content:
        start, end = content
        cell.rows = int(tall[1]) or 1
    cell.html = tight(writer.blocks(start, end))
    return cell


def _tall_content(writer: TextWriter, at: int) -> tuple[int, int] | None:
    r"""Return the span of the text of a ``\multirow``: behind its width, and lengths in brackets around that."""
    struts = writer.cursor.option(at)
    width = writer.cursor.group(struts.end if struts else at)
    if width is None:
        return None
    moved = writer.cursor.option(width.end)
    return writer.group_span(moved.end if moved else width.end)


def _join_rows(rows: list[list[_Cell]]) -> None:
    """Let tall cells cover the empty cells below them; one that meets text, or the table's end, is shorter."""
    places = [{cell.column: cell for cell in row} for row in rows]
    for index, row in enumerate(rows):
        for cell in row:
            wanted, cell.rows = cell.rows, 1
            for number in range(index + 1, min(index + wanted, len(rows))):
                below = places[number]
                columns = range(cell.column, cell.column + min(cell.columns, _MOST_COLUMNS))
                covered = [below[column] for column in columns if column in below]
                if not covered or any(each.html or each.is_covered for each in covered):
                    break
                cell.rows += 1
                for each in covered:
                    each.is_covered = True


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
        elif _ends_row(mark) and depth == 0:
            rows[-1].append((start, match.start()))
            star = writer.cursor.star(at)
            at = star.end if star else at
            option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
            start = at = option.end if option else at
            rows.append([])
        depth += (mark == "{") - (mark == "}")
    rows[-1].append((start, end))
    return rows


def _ends_row(mark: str) -> bool:
    return mark == "\\\\" or (mark[0] == "\\" and len(mark) > len("\\x"))
