"""The command about a blueprint's graph."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from blueprint import DependencyGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint import Blueprint
    from blueprint.compat import MarkedStatus, Paint
    from blueprint.links import Link
    from coordinator.verify.lean_reading import LeanReading


_NOT_THE_AUTHORS = {"lean": "come from Lean", "inferred": "are inferred from the text"}


def graph(
    path: Annotated[Path, typer.Argument(help="A blueprint's root .tex file, or a folder that holds one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_dot: Annotated[bool, typer.Option("--dot", help="Print the graph for graphviz.")] = False,
    as_svg: Annotated[bool, typer.Option("--svg", help="Print the graph as an SVG picture.")] = False,
    node: Annotated[str | None, typer.Option(metavar="LABEL", help="Only this node and what is around it.")] = None,
    depth: Annotated[int, typer.Option(min=0, help="Steps up and down from --node.")] = 1,
    with_levels: Annotated[
        bool, typer.Option("--levels", help="Tell what can be worked on at once, and the longest chain.")
    ] = False,
    compat: Annotated[bool, typer.Option("--compat", help="Read it as leanblueprint does, mistakes included.")] = False,
    inferred: Annotated[
        bool | None,
        typer.Option(
            "--inferred/--no-inferred",
            help="Join what the text suggests where the author says nothing. Default: in a book without any mark.",
        ),
    ] = None,
    lean: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Join what Lean uses: the top folder of the Lean project.")
    ] = None,
    certificates: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where modules compiled for --lean are kept.")
    ] = None,
    sandbox: Annotated[str, typer.Option(help="For --lean: bubblewrap, or none in so many words.")] = "bubblewrap",
) -> None:
    """Print a blueprint's dependency graph: nodes, edges, and what the author's marks say of each node."""
    from blueprint.compat import as_leanblueprint_reads, marked_statuses
    from blueprint.excerpt import excerpt
    from blueprint.levels import depths, neighbourhood

    if as_json + as_dot + as_svg > 1:
        raise typer.BadParameter("--json, --dot and --svg exclude one another; choose one.")
    from blueprint import read_blueprint

    book = read_blueprint(path)
    read = as_leanblueprint_reads(book) if compat else book
    reading = _read_lean(lean, sandbox, certificates) if lean else None
    whole = DependencyGraph(read, _joined(path, read, reading, inferred, compat=compat))
    # What the marks say does not change by what others find: it is told of the author's edges alone.
    statuses = marked_statuses(DependencyGraph(book), compat=compat) if as_json or as_dot or as_svg else {}
    near = neighbourhood(whole, node, depth) if node is not None else None
    shown = whole if near is None else excerpt(whole, near)
    if as_dot or as_svg:
        typer.echo(_picture(shown, statuses, svg=as_svg, compat=compat), nl=False)
    elif as_json:
        typer.echo(json.dumps(_data(shown, statuses, depths(whole), with_levels), ensure_ascii=False, indent=2))
    elif with_levels:
        _print_levels(shown)
    elif near is not None:
        _print_surroundings(shown, near)
    else:
        _print_summary(shown)
    if reading is not None and reading.failures:
        for module, reason in reading.failures.items():
            typer.echo(f"{module} does not compile: {reason}", err=True)
        raise typer.Exit(1)


def _read_lean(folder: Path, sandbox: str, certificates: Path | None) -> LeanReading:
    from coordinator.verify.lean_reading import read_lean

    return read_lean(folder, sandbox, certificates)


def _joined(
    path: Path, book: Blueprint, reading: LeanReading | None, inferred: bool | None, *, compat: bool
) -> tuple[Link, ...]:
    """Return the edges that are not the author's; where Lean and the text tell the same one, Lean's is first."""
    from blueprint import draft as drafting
    from blueprint.reality import Reality

    found = Reality(book, reading.evidence).links() if reading is not None else ()
    if inferred or (inferred is None and not compat and drafting.is_plain(book)):
        files = drafting.read_originals(path, book)
        found += drafting.inferred_links(book, {name: file.text for name, file in files.items()})
    return found


def _data(
    shown: DependencyGraph, statuses: Mapping[str, MarkedStatus], depths: Mapping[str, int], with_levels: bool
) -> dict[str, Any]:
    from blueprint.levels import critical_path, levels
    from blueprint.links import links_of
    from blueprint.listing import listing

    found = listing(shown, statuses, links_of(shown), depths)
    if with_levels:
        found |= {"levels": [list(row) for row in levels(shown)], "critical_path": list(critical_path(shown))}
    return found


def _picture(shown: DependencyGraph, statuses: Mapping[str, MarkedStatus], *, svg: bool, compat: bool) -> str:
    from blueprint.compat import colours_of, paint
    from blueprint.dot import dot

    colours = colours_of(shown.blueprint)
    paints: dict[str, Paint] = {}
    for each in shown.blueprint.nodes:
        is_definition = each.kind == "definition" if compat else each.is_definition
        paints[each.label] = paint(statuses[each.label], colours, is_definition=is_definition)
    if not svg:
        return dot(shown, paints)
    from website.graph_svg import graph_svg

    return graph_svg(shown, paints)


def _print_summary(shown: DependencyGraph) -> None:
    from blueprint.levels import critical_path, levels

    rows, path = levels(shown), critical_path(shown)
    widest = max(map(len, rows), default=0)
    edges = len(shown.edges)
    _say(f"{len(shown.blueprint.nodes)} nodes, {edges} edges, {len(rows)} levels, at most {widest} nodes on one.")
    for origin, words in _NOT_THE_AUTHORS.items():
        count = sum(link.origin == origin for link in shown.joined.values())
        if count:
            _say(f"{count} of the edges {words}.")
    _say(f"Critical path, {len(path)} nodes:")
    _print_nodes(shown, path)


def _print_levels(shown: DependencyGraph) -> None:
    from blueprint.levels import critical_path, levels

    for depth, row in enumerate(levels(shown)):
        _say(f"Level {depth}, {len(row)} nodes: {' '.join(row)}")
    path = critical_path(shown)
    _say(f"Critical path, {len(path)} nodes: {' '.join(path)}")


def _print_surroundings(shown: DependencyGraph, near: Mapping[str, int]) -> None:
    for label in sorted(near, key=near.__getitem__):
        steps = near[label]
        words = "rests on it" if steps > 0 else "it rests on"
        place = f"{abs(steps)} {words}" if steps else "the node"
        _say(f"{place:>14}  {_told(shown, label)}")


def _print_nodes(shown: DependencyGraph, labels: tuple[str, ...]) -> None:
    for label in labels:
        _say(f"  {_told(shown, label)}")


def _told(shown: DependencyGraph, label: str) -> str:
    node = shown.blueprint.by_label[label]
    return f"{label}  {node.name} ({node.place.file}:{node.place.line})"


def _say(text: str) -> None:
    Console(soft_wrap=True).print(text, highlight=False, markup=False)
