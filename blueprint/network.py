"""A directed graph for the questions that networkx answers: what is reached, knots, shortest ways round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from blueprint.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Network:
    """Nodes by label, and edges from prerequisite to user.

    Args:
        labels: of all nodes.
        edges: source and target of each edge, both among the nodes.
    """

    def __init__(self, labels: Iterable[str], edges: Iterable[tuple[str, str]]) -> None:
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        with uncollected():
            self._graph.add_nodes_from(labels)
            self._graph.add_edges_from(edges)

    def ancestors(self, label: str) -> frozenset[str]:
        """All nodes from which some way leads to a node."""
        return frozenset(nx.ancestors(self._graph, label))

    def descendants(self, label: str) -> frozenset[str]:
        """All nodes to which some way leads from a node."""
        return frozenset(nx.descendants(self._graph, label))

    def knots(self) -> tuple[frozenset[str], ...]:
        """Sets of two or more nodes that all reach one another."""
        components = nx.strongly_connected_components(self._graph)
        return tuple(frozenset(component) for component in components if len(component) > 1)

    def condensed(self) -> tuple[list[Collection[str]], list[list[int]]]:
        """The graph with each knot drawn together into one node, in an order that its edges ask for.

        Returns:
            The labels in each such node, and the ranks of those its edges lead to.
        """
        condensed = nx.condensation(self._graph)
        ranks = {knot: rank for rank, knot in enumerate(nx.topological_sort(condensed))}
        members = [condensed.nodes[knot]["members"] for knot in ranks]
        return members, [[ranks[above] for above in condensed.successors(knot)] for knot in ranks]

    def way_round(self, knot: Collection[str], start: str) -> tuple[str, ...]:
        """A shortest way through a knot from one of its nodes back to it, without saying that one twice."""
        inside = self._graph.subgraph(knot)
        lengths = nx.single_source_shortest_path_length(inside, start)
        last = min(self._graph.predecessors(start), key=lambda label: lengths.get(label, len(self._graph) + 1))
        return tuple(nx.shortest_path(inside, start, last))
