"""Places on the levels: igraph's Sugiyama layout chooses the order, least squares the distances.

Igraph knows points, and a drawing has boxes of different widths beside edges that are thin: so its layout is
asked for the order in each level (which is what avoids crossings), and the distances are worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import igraph

if TYPE_CHECKING:
    from collections.abc import Sequence

_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Placement:
    """Where vertices stand and edges bend.

    Attributes:
        x: centre of every vertex.
        bends: for every edge, the centre of its passage through each level it crosses.
    """

    x: list[float]
    bends: list[list[float]]


def place(levels: Sequence[int], edges: Sequence[tuple[int, int]], widths: Sequence[float], gap: float) -> Placement:
    """Place vertices on their levels.

    Args:
        levels: level of every vertex.
        edges: (upper vertex, lower vertex).
        widths: of every vertex.
        gap: least distance between neighbours on a level.

    Returns:
        Places such that neighbours on a level keep the gap; the leftmost border is at 0.
    """
    all_levels, chains, segments = _with_bends(levels, edges)
    all_widths = [*widths, *([gap / 2] * (len(all_levels) - len(levels)))]
    rows = _rows(all_levels, segments)
    x = _spread(rows, segments, all_widths, gap, real=len(levels))
    left = min((x[v] - all_widths[v] / 2 for v in range(len(x))), default=0.0)
    x = [value - left for value in x]
    return Placement(x[: len(levels)], [[x[vertex] for vertex in chain] for chain in chains])


def _with_bends(
    levels: Sequence[int], edges: Sequence[tuple[int, int]]
) -> tuple[list[int], list[list[int]], list[tuple[int, int]]]:
    """Cut every edge at the levels it crosses: levels with the bends' added, bends by edge, all segments."""
    all_levels = list(levels)
    chains: list[list[int]] = []
    segments: list[tuple[int, int]] = []
    for source, target in edges:
        chain: list[int] = []
        for level in range(levels[source] + 1, levels[target]):
            chain.append(len(all_levels))
            all_levels.append(level)
        stops = [source, *chain, target]
        segments += pairwise(stops)
        chains.append(chain)
    return all_levels, chains, segments


def _rows(levels: Sequence[int], segments: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the vertices of each level from left to right, as igraph orders them."""
    if not levels:
        return []
    graph = igraph.Graph(n=len(levels), edges=list(segments), directed=True)
    layout = graph.layout_sugiyama(layers=list(levels), maxiter=200)
    rows: list[list[int]] = [[] for _ in range(max(levels) + 1)]
    for vertex, level in enumerate(levels):
        rows[level].append(vertex)
    for row in rows:
        row.sort(key=lambda vertex: (layout[vertex][0], vertex))
    return rows


def _spread(
    rows: Sequence[Sequence[int]],
    segments: Sequence[tuple[int, int]],
    widths: Sequence[float],
    gap: float,
    real: int,
) -> list[float]:
    """Draw every vertex to the mean of its neighbours, level by level, down and up, keeping order and gaps."""
    above: list[list[int]] = [[] for _ in widths]
    below: list[list[int]] = [[] for _ in widths]
    for upper, lower in segments:
        above[lower].append(upper)
        below[upper].append(lower)
    x = [0.0] * len(widths)
    for row in rows:
        _settle(row, [0.0] * len(row), [1.0] * len(row), widths, gap, x)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        last = sweep >= _SWEEPS - 2
        for row in rows if downwards else reversed(rows):
            wishes, weights = [], []
            for vertex in row:
                near = above[vertex] if downwards else below[vertex]
                if last:
                    near = above[vertex] + below[vertex]
                wishes.append(sum(x[v] for v in near) / len(near) if near else x[vertex])
                weights.append((1.0 if vertex < real else 4.0) * (len(near) or 0.1))
            _settle(row, wishes, weights, widths, gap, x)
    return x


def _settle(
    row: Sequence[int],
    wishes: Sequence[float],
    weights: Sequence[float],
    widths: Sequence[float],
    gap: float,
    x: list[float],
) -> None:
    """Move a row as near to its wishes as its order and gaps allow (weighted least squares), changing ``x``.

    With the gaps subtracted this is a monotone regression, solved by pooling neighbours that are out of order.
    """
    offsets = [0.0] * len(row)
    for i in range(1, len(row)):
        offsets[i] = offsets[i - 1] + (widths[row[i - 1]] + widths[row[i]]) / 2 + gap
    pools: list[tuple[float, float, int]] = []  # mean wish, weight, number of vertices
    for i, (wish, weight) in enumerate(zip(wishes, weights, strict=True)):
        mean, mass, size = wish - offsets[i], weight, 1
        while pools and pools[-1][0] > mean:
            other_mean, other_mass, other_size = pools.pop()
            mean = (mean * mass + other_mean * other_mass) / (mass + other_mass)
            mass, size = mass + other_mass, size + other_size
        pools.append((mean, mass, size))
    position = 0
    for mean, _, size in pools:
        for i in range(position, position + size):
            x[row[i]] = mean + offsets[i]
        position += size
