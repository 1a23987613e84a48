"""How deep a book is, and how wide: levels that can be worked on at once, the critical path, a node's surroundings.

Everything here looks at the edges that are left when circles are broken (`DependencyGraph.broken`), so that each
question has an answer for every book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.errors import UnknownLabel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from blueprint.graph import DependencyGraph


def depths(graph: DependencyGraph) -> dict[str, int]:
    """Return for every node how many steps the longest way down from it has: 0 for what rests on nothing."""
    found: dict[str, int] = {}
    for label in graph.order():
        found[label] = max((found[below] + 1 for below in _kept_prerequisites(graph, label)), default=0)
    return found


def levels(graph: DependencyGraph) -> tuple[tuple[str, ...], ...]:
    """Return the nodes level by level, each in the order of the graph.

    No node of a level rests on another one of it, directly or not, and each node stands as low as it can: what is on
    one level can be worked on at once when the levels below are done. There are as many levels as the critical path
    has nodes.
    """
    rows: list[list[str]] = []
    for label, depth in depths(graph).items():
        while len(rows) <= depth:
            rows.append([])
        rows[depth].append(label)
    return tuple(tuple(row) for row in rows)


def critical_path(graph: DependencyGraph, weights: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Return the longest chain of nodes that each rest on the one before: what no number of workers can shorten.

    Args:
        graph: the blueprint's graph.
        weights: how much work each node is, in any unit, not negative; 1 for a node it says nothing of. Give 0 to
            those that are done to see the path that is left.

    Returns:
        Labels, prerequisites first; of several longest chains the one that `DependencyGraph.order` meets first.
        Empty for a book without nodes.
    """
    weights = weights or {}
    cost: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for label in graph.order():
        below = _kept_prerequisites(graph, label)
        heaviest = max(below, key=cost.__getitem__, default=None)
        before[label] = heaviest
        cost[label] = weights.get(label, 1.0) + (cost[heaviest] if heaviest is not None else 0.0)
    path: list[str] = []
    last = max(cost, key=cost.__getitem__, default=None)
    while last is not None:
        path.append(last)
        last = before[last]
    return tuple(reversed(path))


def neighbourhood(graph: DependencyGraph, label: str, steps: int) -> dict[str, int]:
    """Return a node's surroundings: what it rests on and what rests on it, within a number of steps.

    Args:
        graph: the blueprint's graph.
        label: one of the node's labels.
        steps: how far to go, up and down alike; 0 for the node alone.

    Returns:
        By label the fewest steps from the node: negative for what it rests on, 0 for itself, positive for what rests
        on it, in the order of the book. A node on a circle with it may be both; it counts where it is nearer.

    Raises:
        UnknownLabel: when no node has the label.
    """
    centre = resolve(graph, label)
    below = _within(centre, steps, lambda each: graph.statement_uses(each) + graph.proof_uses(each))
    above = _within(centre, steps, graph.users)
    distance: dict[str, int] = {}
    for node in graph.blueprint.nodes:
        down, up = below.get(node.label), above.get(node.label)
        if down is not None and (up is None or down <= up):
            distance[node.label] = -down
        elif up is not None:
            distance[node.label] = up
    return distance


def resolve(graph: DependencyGraph, label: str) -> str:
    """Return the label a node goes by, given any of its labels, or what stands inside it, such as an equation.

    Raises:
        UnknownLabel: when the book has no such node; the message names one that looks like it.
    """
    book = graph.blueprint
    if label in book.by_label:
        return label
    found = book.aliases.get(label) or book.containers.get(label)
    if found is not None:
        return found
    from difflib import get_close_matches  # noqa: PLC0415 - wanted only where somebody mistyped

    near = get_close_matches(label, list(book.by_label), n=1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    raise UnknownLabel(f"The blueprint has no node “{label}”.{hint}")


def _kept_prerequisites(graph: DependencyGraph, label: str) -> list[str]:
    uses = dict.fromkeys(graph.statement_uses(label) + graph.proof_uses(label))
    return [below for below in uses if (below, label) not in graph.broken]


def _within(start: str, steps: int, follow: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """Return what can be reached in so many steps, with the fewest steps that takes."""
    found, edge = {start: 0}, [start]
    for step in range(1, steps + 1):
        edge = list(dict.fromkeys(label for each in edge for label in follow(each) if label not in found))
        if not edge:
            break
        found.update(dict.fromkeys(edge, step))
    return found
