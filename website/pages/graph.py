"""The dependency graph: an inline picture, and the same as a list by level."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from website.drawing import Drawing, Shape, draw
from website.pages.page import Page
from website.routes import GRAPH, anchor_of
from website.states import NODE_BADGES, Badge

if TYPE_CHECKING:
    from website.drawing import DrawnNode
    from website.edition import ChapterLink, Edition, NodeLink

_LINE = 25


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node in the picture: where, who, one or two lines of its title, chapter index, id of its anchor."""

    place: DrawnNode
    link: NodeLink
    lines: tuple[str, ...]
    chapter: int
    anchor: str


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge in the picture: numbers of its nodes, curve, and whether the statement needs it (drawn dashed).

    The curve leads downwards. An edge that closes a circle of dependencies runs `upwards` against it.
    """

    source: int
    target: int
    path: str
    dashed: bool
    upwards: bool


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A state that occurs, and how often."""

    badge: Badge
    count: int


@dataclass(frozen=True, slots=True)
class LevelNode:
    """A node in the list: itself, and the nodes it uses."""

    link: NodeLink
    uses: tuple[NodeLink, ...]


@dataclass(frozen=True, slots=True)
class GraphView:
    """What the graph's page says; `edge_count` counts all edges, also those the picture leaves out."""

    width: int
    height: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    legend: tuple[LegendEntry, ...]
    chapters: tuple[ChapterLink, ...]
    levels: tuple[tuple[LevelNode, ...], ...]
    edge_count: int


def graph_page(edition: Edition) -> Page:
    """Return the graph's page."""
    view = _view(edition)
    return Page(GRAPH, "graph.html.jinja", "Dependency graph", "graph", view, lambda: view)


def _view(edition: Edition) -> GraphView:
    nodes = edition.blueprint.nodes
    number = {node.label: index for index, node in enumerate(nodes)}
    reduced = edition.graph.reduced_edges()
    upwards = [(edge.source, edge.target) in edition.graph.broken for edge in reduced]
    ends = [(number[edge.source], number[edge.target]) for edge in reduced]
    drawing = draw(
        [Shape(node.is_definition) for node in nodes],
        [pair[::-1] if against else pair for pair, against in zip(ends, upwards, strict=True)],
    )
    return GraphView(
        width=drawing.width,
        height=drawing.height,
        nodes=_nodes(edition, drawing),
        edges=tuple(
            GraphEdge(*pair, drawn.path, edge.in_statement, against)
            for pair, drawn, edge, against in zip(ends, drawing.edges, reduced, upwards, strict=True)
        ),
        legend=_legend(edition),
        chapters=edition.chapters,
        levels=_levels(edition, drawing),
        edge_count=len(edition.graph.edges),
    )


def _nodes(edition: Edition, drawing: Drawing) -> tuple[GraphNode, ...]:
    found: list[GraphNode] = []
    for node, place in zip(edition.blueprint.nodes, drawing.nodes, strict=True):
        link = edition.link(node.label)
        assert link is not None, "a node of the book has a link"
        text = link.plain or node.label.rpartition(":")[2]
        found.append(GraphNode(place, link, _two_lines(text), node.chapter, anchor_of(node.label)))
    return tuple(found)


def _legend(edition: Edition) -> tuple[LegendEntry, ...]:
    states = [edition.progress(node).state for node in edition.blueprint.nodes]
    return tuple(LegendEntry(NODE_BADGES[state], states.count(state)) for state in NODE_BADGES if state in states)


def _levels(edition: Edition, drawing: Drawing) -> tuple[tuple[LevelNode, ...], ...]:
    """Return the nodes from the ground up; those without edges belong to the ground."""
    rows: dict[int, list[LevelNode]] = {}
    for node, place in zip(edition.blueprint.nodes, drawing.nodes, strict=True):
        link = edition.link(node.label)
        assert link is not None, "a node of the book has a link"
        uses = edition.graph.statement_uses(node.label) + edition.graph.proof_uses(node.label)
        rows.setdefault(place.level or 0, []).append(LevelNode(link, edition.links(uses)))
    return tuple(tuple(rows[level]) for level in sorted(rows))


def _two_lines(text: str) -> tuple[str, ...]:
    """Return a text as one line, or two of about the same length, cut where it is longer."""
    if len(text) <= _LINE:
        return (text,)
    halves = wrap(text, max(_LINE // 2, min(_LINE, len(text) // 2 + _LINE // 6)))
    lines = halves if len(halves) <= 2 else wrap(text, _LINE)  # noqa: PLR2004 - two lines
    if len(lines) <= 2:  # noqa: PLR2004 - two lines
        return tuple(lines)
    return (lines[0], lines[1][: _LINE - 1].rstrip(" ,;:.") + "…")
