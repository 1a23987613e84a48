"""What reaches what in an acyclic graph: bit sets, a block of columns at a time.

A bit set of all nodes for each node would take gigabytes in a book of tens of thousands. So the columns are cut
into blocks, and the graph is swept once for each: memory is bounded, and time is that of a few sweeps.

Nodes are numbers in topological order: every edge leads from a smaller number to a greater one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 8_192
"""Columns swept at once: at most 1 kB for each node."""


def count_reached(targets: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[int]:
    """Return for every node how much it reaches.

    Args:
        targets: for every node, the nodes its edges lead to, all greater than itself.
        sizes: what each node counts for: 1, or the number of nodes it stands for; at least 1.

    Returns:
        The sum of the sizes of all nodes reached, itself left out.
    """
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    reached = [0] * len(targets)
    for low in range(0, starts[-1], BLOCK):
        first, last = bisect_right(starts, low) - 1, min(bisect_left(starts, low + BLOCK), len(targets))
        bits = [0] * len(targets)  # of every node: what it reaches in the block, itself among it
        for node in range(last - 1, -1, -1):  # edges lead upwards only, so that nodes above reach nothing in the block
            found = 0
            for target in targets[node]:
                found |= bits[target]
            reached[node] += found.bit_count()
            if node >= first:
                begin, end = max(starts[node], low) - low, min(starts[node + 1], low + BLOCK) - low
                found |= ((1 << (end - begin)) - 1) << begin
            bits[node] = found
    return reached


def implied_edges(sources: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """Return the edges that a longer way implies, so that drawings can leave them out.

    Args:
        sources: for every node, the nodes its edges come from, all smaller than itself.

    Returns:
        Pairs of source and target.
    """
    implied: set[tuple[int, int]] = set()
    for low in range(0, len(sources), BLOCK):
        bits = [0] * len(sources)
        for node in range(low, len(sources)):
            through = direct = 0
            for source in sources[node]:
                through |= bits[source]
                if low <= source < low + BLOCK:
                    direct |= 1 << (source - low)
            bits[node] = through | direct
            if through & direct:
                for source in sources[node]:
                    if low <= source < low + BLOCK and through >> (source - low) & 1:
                        implied.add((source, node))
    return implied
