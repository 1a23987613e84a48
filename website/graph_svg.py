"""The dependency graph as one SVG file that needs nothing beside it."""

from __future__ import annotations

import re
from html import escape as escape_html
from textwrap import wrap
from typing import TYPE_CHECKING

from website.drawing import Shape, draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blueprint.compat import Paint
    from blueprint.graph import DependencyGraph
    from blueprint.node import Node
    from website.drawing import DrawnNode

_LINE = 22
_LINES = 2
_LEAD = 16
"""Height of a line of text, in units of the picture."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" \
role="img" aria-label="Dependency graph">
<style>
.edge{{fill:none;stroke:#667;stroke-width:1.4}}
.dashed{{stroke-dasharray:6 4}}
.node>:first-child{{fill:#fff;stroke:#000;stroke-width:2.5}}
.node text{{font:13px sans-serif;text-anchor:middle;fill:#000}}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" \
orient="auto-start-reverse"><path d="M0 0L8 4L0 8L2 4z" fill="#667"/></marker></defs>"""


def graph_svg(graph: DependencyGraph, paints: Mapping[str, Paint]) -> str:
    """Return a graph as an SVG file.

    Boxes are definitions, dashed edges belong to statements, and edges that a longer way implies are left out. An edge
    that closes a circle runs upwards.

    Args:
        graph: the graph.
        paints: by label, the colours of each node.
    """
    return "\n".join(_lines(graph, paints)) + "\n"


def _lines(graph: DependencyGraph, paints: Mapping[str, Paint]) -> Iterator[str]:
    nodes = graph.blueprint.nodes
    number = {node.label: index for index, node in enumerate(nodes)}
    reduced = graph.reduced_edges()
    upwards = [(edge.source, edge.target) in graph.broken for edge in reduced]
    ends = [(number[edge.source], number[edge.target]) for edge in reduced]
    drawing = draw(
        [Shape(node.is_definition) for node in nodes],
        [pair[::-1] if against else pair for pair, against in zip(ends, upwards, strict=True)],
    )
    yield _HEAD.format(width=drawing.width, height=drawing.height)
    for edge, against, drawn in zip(reduced, upwards, drawing.edges, strict=True):
        dashed = " dashed" if edge.in_statement else ""
        yield f'<path class="edge{dashed}" d="{drawn.path}" marker-{"start" if against else "end"}="url(#head)"/>'
    for node, place in zip(nodes, drawing.nodes, strict=True):
        yield from _node(node, place, paints[node.label])
    yield "</svg>"


def _node(node: Node, place: DrawnNode, paint: Paint) -> Iterator[str]:
    width, height = place.shape.width, place.shape.height
    colours = "".join(
        f"{name}:{_escape(value)};" for name, value in (("stroke", paint.border), ("fill", paint.fill)) if value
    )
    style = f' style="{colours}"' if colours else ""
    yield f'<g class="node" data-label="{_escape(node.label)}">'
    if place.shape.is_box:
        left, top = place.x - width // 2, place.y - height // 2
        yield f'<rect x="{left}" y="{top}" width="{width}" height="{height}"{style}/>'
    else:
        yield f'<ellipse cx="{place.x}" cy="{place.y}" rx="{width // 2}" ry="{height // 2}"{style}/>'
    yield f"<title>{_escape(' '.join(filter(None, (node.name, node.title, f'({node.label})'))))}</title>"
    lines = _short(node.label.rsplit(":", 1)[-1])
    first = place.y + 4 - (len(lines) - 1) * _LEAD // 2
    for index, line in enumerate(lines):
        yield f'<text x="{place.x}" y="{first + index * _LEAD}">{_escape(line)}</text>'
    yield "</g>"


def _short(text: str) -> list[str]:
    """Return a text as at most two lines, cut where it is longer."""
    lines = wrap(text, _LINE) or [""]
    if len(lines) > _LINES:
        lines = [lines[0], lines[1][: _LINE - 1] + "…"]
    return lines


def _escape(text: str) -> str:
    """Return a text as XML can hold it."""
    return escape_html(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text))
