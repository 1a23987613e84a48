"""Levels of an acyclic graph: what everything rests on at the top, and no edge longer than it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def levels_of(size: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Put every vertex on a level.

    Args:
        size: number of vertices, numbered from 0.
        edges: (prerequisite, user), acyclic.

    Returns:
        A level for each vertex, from 0; an edge leads from a lower number to a higher one. A vertex used
        more than it uses is moved down to just above its nearest user: this shortens edges.
    """
    before: list[list[int]] = [[] for _ in range(size)]
    after: list[list[int]] = [[] for _ in range(size)]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    order = _topological(before, after)
    levels = [0] * size
    for vertex in order:
        levels[vertex] = max((levels[source] + 1 for source in before[vertex]), default=0)
    for vertex in reversed(order):
        if after[vertex] and len(after[vertex]) >= len(before[vertex]):
            levels[vertex] = min(levels[target] for target in after[vertex]) - 1
    return levels


def _topological(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    missing = [len(sources) for sources in before]
    order = [vertex for vertex, count in enumerate(missing) if count == 0]
    for vertex in order:  # grows while it is walked
        for target in after[vertex]:
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    if len(order) != len(before):
        raise ValueError("levels_of needs an acyclic graph")
    return order
