"""Drawings keep what readers of a graph rely on: users below prerequisites, nothing on top of anything else."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from website.drawing import Drawing, Shape, draw
from website.drawing.levels import levels_of


@st.composite
def graphs(make: st.DrawFn) -> tuple[list[Shape], list[tuple[int, int]]]:
    size = make(st.integers(0, 24))
    shapes = make(st.lists(st.builds(Shape, st.booleans()), min_size=size, max_size=size))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    edges = make(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    names = make(st.permutations(range(size)))
    return shapes, [(names[a], names[b]) for a, b in edges]


def overlap(drawing: Drawing) -> bool:
    return any(
        abs(a.x - b.x) < (a.shape.width + b.shape.width) // 2
        and abs(a.y - b.y) < (a.shape.height + b.shape.height) // 2
        for a, b in combinations(drawing.nodes, 2)
    )


@given(graphs())
@settings(deadline=None, max_examples=60)
def test_users_stand_below_and_nothing_overlaps(graph: tuple[list[Shape], list[tuple[int, int]]]) -> None:
    shapes, edges = graph
    drawing = draw(shapes, edges)
    assert [node.shape for node in drawing.nodes] == shapes
    assert [(edge.source, edge.target) for edge in drawing.edges] == edges
    assert all(drawing.nodes[a].y < drawing.nodes[b].y for a, b in edges)
    assert not overlap(drawing)
    for node in drawing.nodes:
        assert node.shape.width // 2 <= node.x <= drawing.width - node.shape.width // 2
        assert node.shape.height // 2 <= node.y <= drawing.height - node.shape.height // 2


@given(graphs())
@settings(deadline=None, max_examples=30)
def test_curves_lead_down_from_foot_to_head_inside_the_picture(
    graph: tuple[list[Shape], list[tuple[int, int]]],
) -> None:
    drawing = draw(*graph)
    for edge in drawing.edges:
        numbers = [int(number) for number in re.findall(r"-?\d+", edge.path)]
        xs, ys = numbers[0::2], numbers[1::2]
        source, target = drawing.nodes[edge.source], drawing.nodes[edge.target]
        assert (xs[0], ys[0]) == (source.x, source.y + source.shape.height // 2)
        assert (xs[-1], ys[-1]) == (target.x, target.y - target.shape.height // 2)
        assert all(a <= b for a, b in pairwise(ys))
        assert all(0 <= x <= drawing.width for x in xs)


@given(graphs())
@settings(deadline=None, max_examples=20)
def test_the_same_graph_gives_the_same_drawing(graph: tuple[list[Shape], list[tuple[int, int]]]) -> None:
    assert draw(*graph) == draw(*graph)


def test_a_large_graph_is_about_as_high_as_wide() -> None:
    size = 600
    edges = sorted({(max(0, user - 1 - (user * step) % 37), user) for user in range(1, size) for step in (3, 7)})
    drawing = draw([Shape(is_box=False)] * size, edges)
    assert len(drawing.nodes) == size
    assert drawing.width < 60 * drawing.nodes[0].shape.width


def test_many_vertices_without_edges_stand_in_rows() -> None:
    drawing = draw([Shape(is_box=True)] * 100, [])
    assert drawing.width < 10 * drawing.height
    assert {node.level for node in drawing.nodes} == {None}


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="acyclic"):
        levels_of(2, [(0, 1), (1, 0)])
