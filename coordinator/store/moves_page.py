"""The manual's page about the moves, with its picture, made from their table.

``python -m coordinator.store.moves_page docs`` writes both; a test tells when they are not up to date.
"""

from __future__ import annotations

import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from coordinator.store.moves import MOVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from coordinator.store.moves import Move

PAGE = Path("design") / "moves.md"
PICTURE = Path("images") / "moves.svg"

_STEP, _BOX, _TALL = 170, 96, 30
"""Pixels from one state to the next, and how wide and tall a state is."""

_LEFT, _ARC, _GAP = 150, 26, 44
"""Pixels left of the first state, from one arc to the next higher one, and between two kinds of record."""

_BEGINNING = """# Moves

<!-- Written by `python -m coordinator.store.moves_page docs` from the table in coordinator/store/moves.py. -->

**What.** Every way in which the state of a record of the [store](store-and-leases.md) changes. There is no other.

**Why.** Messages come late, twice or in another order, and processes die between any two steps. What a record may
become is therefore not left to the code that handles the message: one function moves records, and only from a state in
which the move may start (`UPDATE … WHERE state IN …`).

**Invariants.** A move of a record that is already where the move leads changes nothing: everything can be said twice.
Any other move that the table does not have ends with a sentence and exit code 5, and nothing of its transaction is
kept.

![States and moves](../images/moves.svg)
"""


def page() -> str:
    """The page, as Markdown."""
    parts = [_BEGINNING]
    for record, moves in _by_record(MOVES):
        parts.append(f"\n## {record.capitalize()}\n\n| move | from | to | when |\n| --- | --- | --- | --- |\n")
        parts += [
            f"| {move.name} | {', '.join(f'`{each}`' for each in move.sources) or 'none'} | "
            f"{f'`{move.target}`' if move.target else 'none'} | {move.when} |\n"
            for move in moves
        ]
    return "".join(parts)


def picture() -> str:
    """The picture, as SVG that needs nothing beside it: a row a kind of record, an arrow a move."""
    rows: list[str] = []
    width = top = 0
    for record, moves in _by_record(MOVES):
        places = {state: _LEFT + index * _STEP for index, state in enumerate(_states(moves))}
        rises = [_rise(*pair, places) for pair in _named_arrows(moves)]
        middle = top + _GAP + max(0, *rises) * _ARC + _TALL // 2
        rows += _row(record, moves, places, middle)
        top = middle + _TALL // 2 - min(0, *rises) * _ARC
        width = max(width, *places.values())
    width, height = width + _BOX + 20, top + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="13" text-anchor="middle" role="img">\n'
        "<title>States of items, jobs, pull requests, landings and issues, and the moves between them</title>\n"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def write(docs: Path) -> None:
    """Writes the page and its picture into the folder of the manual."""
    (docs / PAGE).write_text(page(), encoding="utf-8")
    (docs / PICTURE).write_text(picture(), encoding="utf-8")


def _by_record(moves: Sequence[Move]) -> Iterator[tuple[str, list[Move]]]:
    for record, group in groupby(moves, key=attrgetter("record")):
        yield record, list(group)


def _states(moves: Iterable[Move]) -> list[str]:
    return list(dict.fromkeys(move.target for move in moves if move.target))


def _named_arrows(moves: Iterable[Move]) -> dict[tuple[str, str], str]:
    """Pairs of states with a move from one to the other, with the names of all such moves."""
    names: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        for source in move.sources if move.target else ():
            names.setdefault((source, move.target), []).append(move.name)
    return {pair: ", ".join(each) for pair, each in names.items()}


def _rise(source: str, target: str, places: Mapping[str, int]) -> int:
    """How many arcs high an arrow goes: 0 to the next state, below (less than 0) where it goes back."""
    steps = (places[target] - places[source]) // _STEP
    return 0 if steps == 1 else steps if steps > 1 else steps - 1


def _row(record: str, moves: Sequence[Move], places: Mapping[str, int], middle: int) -> Iterator[str]:
    label = f'<text x="12" y="{middle + 5}" text-anchor="start" font-weight="bold">{escape(record)}</text>'
    yield label
    for state, left in places.items():
        yield (
            f'<rect x="{left}" y="{middle - _TALL // 2}" width="{_BOX}" height="{_TALL}" rx="6" fill="#eef3fb" '
            f'stroke="#456"/><text x="{left + _BOX // 2}" y="{middle + 5}">{escape(state)}</text>'
        )
    for (source, target), name in _named_arrows(moves).items():
        yield _arrow(name, places[source], places[target], _rise(source, target, places), middle)


def _arrow(name: str, start: int, end: int, rise: int, middle: int) -> str:
    if rise == 0:
        way = f"M{start + _BOX} {middle}H{end}"
        label_x, label_y = (start + _BOX + end) // 2, middle - 6
    else:
        edge = middle - _TALL // 2 if rise > 0 else middle + _TALL // 2
        turn = edge - rise * _ARC + (8 if rise > 0 else -8)
        leave, arrive = start + _BOX // 2 + 10, end + _BOX // 2 - 10
        way = f"M{leave} {edge}C{leave} {turn} {arrive} {turn} {arrive} {edge}"
        label_x, label_y = (leave + arrive) // 2, edge + (turn - edge) * 3 // 4 + (-4 if rise > 0 else 13)
    return (
        f'<path d="{way}" fill="none" stroke="#555" marker-end="url(#tip)"/>'
        f'<text x="{label_x}" y="{label_y}" fill="#333" font-size="12" stroke="#fff" stroke-width="4" '
        f'paint-order="stroke">{escape(name)}</text>'
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
