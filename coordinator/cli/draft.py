"""The command that drafts a blueprint of a plain book."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from blueprint import Blueprint
    from blueprint.draft import Draft


_WIDE = 240
"""Characters of a line where no terminal's edge is in the way."""


def draft(
    path: Annotated[Path, typer.Argument(help="A book's root .tex file, or a folder that holds one.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the drafted book to this folder.")] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Write the draft over the book itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_diff: Annotated[bool, typer.Option("--diff", help="Print what would change, as a unified diff.")] = False,
) -> None:
    """Propose labels, Lean names and dependencies for a book that does not name them, each with its reason."""
    from blueprint import draft as drafting
    from blueprint import read_blueprint

    if (out is not None and in_place) or (as_json and as_diff):
        one, other = ("--out", "--in-place") if out is not None and in_place else ("--json", "--diff")
        raise typer.BadParameter(f"{one} and {other} exclude one another; choose one.")
    book = read_blueprint(path)
    files = drafting.read_originals(path, book)
    drafted = drafting.draft(book, {name: file.text for name, file in files.items()})
    difference = list(drafting.difference(drafted, files)) if as_diff else []
    written: Sequence[Path] = ()
    if out is not None:
        written = drafting.write_draft(drafted, files, out)
    elif in_place:
        written = drafting.write_in_place(drafted, files)
    if as_json:
        typer.echo(json.dumps(_shape(book, drafted, written), ensure_ascii=False, indent=2))
    elif as_diff:
        typer.echo("\n".join(difference), nl=bool(difference))
    else:
        _show(book, drafted, written)


def _shape(book: Blueprint, drafted: Draft, written: Sequence[Path]) -> dict[str, Any]:
    """A draft as JSON; its keys are documented and stay."""
    return {
        "nodes": len(book.nodes),
        "labels": [
            {"label": each.name, "file": each.place.file, "line": each.place.line, "reason": each.reason}
            for each in drafted.labels
        ],
        "lean": [
            {"label": node.label, "lean": each.name, "file": each.place.file, "line": each.place.line,
             "reason": each.reason}
            for node in drafted.nodes if (each := node.lean)
        ],
        "edges": [
            {"from": edge.source, "to": edge.target, "in": edge.part, "origin": "inferred", "rule": edge.rule,
             "file": edge.place.file, "line": edge.place.line, "reason": edge.reason}
            for edge in drafted.edges
        ],
        "written": [str(each) for each in written],
    }  # fmt: skip


def _show(book: Blueprint, drafted: Draft, written: Sequence[Path]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    if drafted.edges:
        console.print(_table(drafted))
    counts = f"labels: {len(drafted.labels)}, Lean names: {len(drafted.lean_names)}, dependencies: {len(drafted.edges)}"
    console.print(f"nodes: {len(book.nodes)}; proposed {counts}")
    if written:
        console.print(f"files written: {len(written)}")


def _table(drafted: Draft) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("node", "in", "uses", "because"):
        table.add_column(heading, overflow="fold")
    for edge in drafted.edges:
        table.add_row(*(Text(cell) for cell in (edge.target, edge.part, edge.source, edge.reason)))
    return table
