"""The drawing itself: shapes with text, curves between them, all in whole units of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from website.drawing.levels import levels_of
from website.drawing.placement import place

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX = (168, 62)
ELLIPSE = (198, 74)
_ROW = 146
_GAP = 22.0
_MARGIN = 24
_LONER_COLUMNS = 8
_REACH = 0.5
"How far the handles of a curve reach, as a share of the height between two levels."
_STEEPEST = 0.3
"The most a curve leans at a bend: more would cut the corners of the neighbours."


@dataclass(frozen=True, slots=True)
class Shape:
    """What to draw for a vertex: a box or an ellipse."""

    is_box: bool

    @property
    def width(self) -> int:
        """In units of the picture."""
        return (BOX if self.is_box else ELLIPSE)[0]

    @property
    def height(self) -> int:
        """In units of the picture."""
        return (BOX if self.is_box else ELLIPSE)[1]


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A vertex in the picture: its centre, its shape, its level (``None`` for one without edges)."""

    x: int
    y: int
    shape: Shape
    level: int | None


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An edge in the picture: numbers of its vertices, and its curve as an SVG path."""

    source: int
    target: int
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture, from (0, 0) to (width, height). Nodes and edges are in the order they were given."""

    width: int
    height: int
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]


def draw(shapes: Sequence[Shape], edges: Sequence[tuple[int, int]]) -> Drawing:
    """Draw an acyclic graph.

    Args:
        shapes: one for every vertex.
        edges: (prerequisite, user), as numbers of vertices; acyclic.

    Returns:
        The same drawing for the same graph. Vertices without edges stand in rows below the others.
    """
    touched = {vertex for edge in edges for vertex in edge}
    linked = [vertex for vertex in range(len(shapes)) if vertex in touched]
    number = {vertex: index for index, vertex in enumerate(linked)}
    inner = [(number[source], number[target]) for source, target in edges]
    levels = levels_of(len(linked), inner)
    placement = place(levels, inner, [float(shapes[vertex].width) for vertex in linked], _GAP)
    rows = max(levels, default=-1) + 1

    nodes: dict[int, DrawnNode] = {}
    for index, vertex in enumerate(linked):
        nodes[vertex] = DrawnNode(
            round(_MARGIN + placement.x[index]), _row_y(levels[index]), shapes[vertex], levels[index]
        )
    nodes |= _loners([v for v in range(len(shapes)) if v not in touched], shapes, nodes, rows)
    curves = tuple(
        DrawnEdge(source, target, _curve(nodes[source], nodes[target], [round(_MARGIN + x) for x in bends]))
        for (source, target), bends in zip(edges, placement.bends, strict=True)
    )
    width = max((node.x + node.shape.width // 2 for node in nodes.values()), default=0) + _MARGIN
    for bends in placement.bends:
        width = max(width, *(round(_MARGIN + x) + _MARGIN for x in bends), 0)
    height = max((node.y + ELLIPSE[1] // 2 for node in nodes.values()), default=0) + _MARGIN
    return Drawing(width, height, tuple(nodes[v] for v in range(len(shapes))), curves)


def _row_y(row: int) -> int:
    return _MARGIN + ELLIPSE[1] // 2 + row * _ROW


def _loners(
    loners: Sequence[int], shapes: Sequence[Shape], linked: dict[int, DrawnNode], first_row: int
) -> dict[int, DrawnNode]:
    """Put vertices without edges in rows below the others, about as wide as the picture."""
    pitch = ELLIPSE[0] + round(_GAP)
    right = max((node.x for node in linked.values()), default=0)
    columns = max(_LONER_COLUMNS, right // pitch)
    return {
        vertex: DrawnNode(
            _MARGIN + ELLIPSE[0] // 2 + index % columns * pitch,
            _row_y(first_row + index // columns),
            shapes[vertex],
            None,
        )
        for index, vertex in enumerate(loners)
    }


def _curve(source: DrawnNode, target: DrawnNode, bends: Sequence[int]) -> str:
    """Return an SVG path from the foot of one shape to the head of another.

    It leaves and arrives upright, crosses the levels between on straight stretches that lean a little, and
    curves only between levels, where no shape is in its way.
    """
    assert source.level is not None, "an edge's ends have levels"
    stops = [(source.x, source.y + source.shape.height // 2)]
    stops += [(bend, _row_y(source.level + 1 + index)) for index, bend in enumerate(bends)]
    stops.append((target.x, target.y - target.shape.height // 2))
    x, y = stops[0]
    lean = 0.0
    path = [f"M{x} {y}"]
    for i in range(1, len(stops) - 1):
        next_lean = _lean(*stops[i - 1 : i + 2])
        middle_x, middle_y = stops[i]
        half = ELLIPSE[1] // 2
        top = (round(middle_x - next_lean * half), middle_y - half)
        path.append(_arc((x, y), lean, top, next_lean))
        x, y, lean = round(middle_x + next_lean * half), middle_y + half, next_lean
        path.append(f"L{x} {y}")
    path.append(_arc((x, y), lean, stops[-1], 0.0))
    return "".join(path)


def _arc(start: tuple[int, int], lean: float, end: tuple[int, int], end_lean: float) -> str:
    """Return a cubic from where the path is to a point, leaning (sideways by downwards) as told at both."""
    reach = (end[1] - start[1]) * _REACH
    first = f"{round(start[0] + lean * reach)} {round(start[1] + reach)}"
    second = f"{round(end[0] - end_lean * reach)} {round(end[1] - reach)}"
    return f"C{first} {second} {end[0]} {end[1]}"


def _lean(before: tuple[int, int], here: tuple[int, int], after: tuple[int, int]) -> float:
    """Return how a path leans at a bend: not at all where it turns back, else the gentler mean, bounded."""
    first = (here[0] - before[0]) / (here[1] - before[1])
    second = (after[0] - here[0]) / (after[1] - here[1])
    if first * second <= 0:
        return 0.0
    return max(-_STEEPEST, min(_STEEPEST, 2 * first * second / (first + second)))
