"""Levels of an acyclic graph: what everything rests on at the top, and no level much wider than the picture is high."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_WIDTH = 6
_SPREAD = 1.25


def levels_of(size: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Put every vertex on a level.

    Args:
        size: number of vertices, numbered from 0.
        edges: (prerequisite, user), acyclic.

    Returns:
        A level for each vertex, from 0; an edge leads from a lower number to a higher one, and a level holds
        about as many vertices as there are levels. A vertex used more than it uses stands as near to its
        nearest user as there is room: this shortens edges.

    Raises:
        ValueError: when the edges close a circle.
    """
    before: list[list[int]] = [[] for _ in range(size)]
    after: list[list[int]] = [[] for _ in range(size)]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    order = _topological(before, after)
    width = max(_LEAST_WIDTH, round(_SPREAD * sqrt(size)))
    levels, room = _fill(before, after, order, width)
    for vertex in reversed(order):
        if after[vertex] and len(after[vertex]) >= len(before[vertex]):
            _lower(vertex, min(levels[user] for user in after[vertex]) - 1, levels, room)
    return levels


def _fill(
    before: Sequence[Sequence[int]], after: Sequence[Sequence[int]], order: Sequence[int], width: int
) -> tuple[list[int], list[int]]:
    """Fill levels from the top, those vertices first that most steps rest on; return levels, and room left on each."""
    depth = [0] * len(order)
    for vertex in reversed(order):
        depth[vertex] = max((depth[user] + 1 for user in after[vertex]), default=0)
    levels = [0] * len(order)
    room = [width] * (len(order) + 1)
    missing = [len(sources) for sources in before]
    ready = [(-depth[vertex], vertex) for vertex in order if missing[vertex] == 0]
    heapify(ready)
    while ready:
        _, vertex = heappop(ready)
        level = max((levels[source] + 1 for source in before[vertex]), default=0)
        while room[level] == 0:
            level += 1
        levels[vertex] = level
        room[level] -= 1
        for user in after[vertex]:
            missing[user] -= 1
            if missing[user] == 0:
                heappush(ready, (-depth[user], user))
    return levels, room


def _lower(vertex: int, lowest: int, levels: list[int], room: list[int]) -> None:
    """Move a vertex down as far as the lowest level allowed, or to the next one above it that has room."""
    for level in range(lowest, levels[vertex], -1):
        if room[level]:
            room[levels[vertex]] += 1
            room[level] -= 1
            levels[vertex] = level
            return


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
