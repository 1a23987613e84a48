"""Part of a book's graph, as a graph of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.graph import DependencyGraph

if TYPE_CHECKING:
    from collections.abc import Collection


def excerpt(graph: DependencyGraph, labels: Collection[str]) -> DependencyGraph:
    """Return the graph of some nodes and the edges between them.

    Args:
        graph: the whole one.
        labels: of the nodes to keep; others are left out with all their edges.
    """
    kept, blueprint = frozenset(labels), graph.blueprint
    part = replace(
        blueprint,
        nodes=tuple(node for node in blueprint.nodes if node.label in kept),
        aliases={name: label for name, label in blueprint.aliases.items() if label in kept},
    )
    return DependencyGraph(part, graph.joined.values())
