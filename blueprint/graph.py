"""The dependency graph of a blueprint: what every statement and every proof rests on."""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

from blueprint.errors import UnknownLabel
from blueprint.problem import Problem
from blueprint.reach import count_reached, implied_edges
from blueprint.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blueprint.book import Blueprint
    from blueprint.links import Link
    from blueprint.network import Network
    from blueprint.node import Place

_Known = TypeVar("_Known")

_MOST_CYCLES = 50
"""Cycles reported one by one; a book with more has one cause for most of them."""


class Edge(NamedTuple):
    """One dependency.

    Attributes:
        source: label of the prerequisite.
        target: label of the node that uses it.
        in_statement: whether the statement uses it.
        in_proof: whether the proof uses it.
    """

    source: str
    target: str
    in_statement: bool
    in_proof: bool


class _ByLabel(dict[str, _Known]):
    """What is known of each node; asked a thousand times in a decision, it asks nothing itself."""

    def __missing__(self, label: str) -> NoReturn:
        raise UnknownLabel(f"The blueprint has no node “{label}”.")


class DependencyGraph:
    """Nodes of a blueprint and the edges between them, prerequisite to user.

    Invariants: every end of an edge is a node; no edge leads from a node to itself; there is one edge for an
    ordered pair; `order` holds every node once and respects every edge that is not in `broken`.

    Attributes:
        edges: all edges, users in the order of the book, prerequisites in the order the author names them, behind them
            those joined from elsewhere.
        joined: by source and target, the edges from elsewhere.

    Args:
        blueprint: the book; its author's edges come first.
        others: edges from elsewhere. One whose ends are no two nodes, or whose pair the author or an earlier one has
            already, is left out: a pair is told once.
    """

    def __init__(self, blueprint: Blueprint, others: Iterable[Link] = ()) -> None:
        self.blueprint = blueprint
        self._position = {node.label: index for index, node in enumerate(blueprint.nodes)}
        self._users = _ByLabel[list[str]]({label: [] for label in self._position})
        self._statement = _ByLabel[tuple[str, ...]]()
        self._proof = _ByLabel[tuple[str, ...]]()
        self.joined: dict[tuple[str, str], Link] = {}
        with uncollected():
            self._resolve_uses()
            self._join(others)
            self.edges = tuple(self._make_edges())

    def _resolve_uses(self) -> None:
        aliases = self.blueprint.aliases
        for node in self.blueprint.nodes:
            self._statement[node.label] = _resolve(node.uses, aliases, node.label)
            self._proof[node.label] = _resolve(node.proof.uses, aliases, node.label) if node.proof else ()

    def _join(self, others: Iterable[Link]) -> None:
        for link in others:
            source, target = link.source, link.target
            if source == target or source not in self._position or target not in self._position:
                continue
            if source in self._statement[target] or source in self._proof[target]:
                continue
            self.joined[source, target] = link
            if link.part != "proof":
                self._statement[target] += (source,)
            if link.part != "statement":
                self._proof[target] += (source,)

    def _make_edges(self) -> Iterable[Edge]:
        for label, statement in self._statement.items():
            proof = self._proof[label]
            for source in dict.fromkeys(statement + proof):
                self._users[source].append(label)
                yield Edge(source, label, source in statement, source in proof)

    @cached_property
    def _network(self) -> Network:
        """The graph for questions that networkx answers; made when one is asked, for it is large, as networkx is."""
        from blueprint.network import Network  # noqa: PLC0415 - see above

        return Network(self._position, ((edge.source, edge.target) for edge in self.edges))

    # ---- one node

    def statement_uses(self, label: str) -> tuple[str, ...]:
        """Return the labels of the nodes that a node's statement uses directly, never its own."""
        return self._statement[label]

    def proof_uses(self, label: str) -> tuple[str, ...]:
        """Return the labels of the nodes that a node's proof uses directly, never its own."""
        return self._proof[label]

    def users(self, label: str) -> tuple[str, ...]:
        """Return the labels of the nodes that use a node directly, in the order of the book."""
        return tuple(self._users[label])

    def ancestors(self, label: str) -> frozenset[str]:
        """Return the labels of all nodes below a node: what it rests on, directly or not."""
        return self._network.ancestors(self._known(label))

    def descendants(self, label: str) -> frozenset[str]:
        """Return the labels of all nodes above a node: what rests on it, directly or not."""
        return self._network.descendants(self._known(label))

    def leverage(self, label: str) -> int:
        """Return how many nodes rest on a node."""
        return self.leverages[label]

    def _known(self, label: str) -> str:
        return label if label in self._position else self._users.__missing__(label)

    # ---- the whole graph

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Nodes that rest on themselves: one shortest way round for each knot, each label once, book order."""
        knots = sorted(self._knots, key=lambda knot: min(self._position[label] for label in knot))
        return tuple(self._way_round(knot) for knot in knots)

    @cached_property
    def _knots(self) -> tuple[frozenset[str], ...]:
        """Sets of two or more nodes that all rest on one another."""
        if len(self._sorted(self.edges)) == len(self._position):
            return ()
        return self._network.knots()

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """One problem for each knot of nodes that rest on themselves."""
        return tuple(self._cycle_problem(cycle) for cycle in self.cycles[:_MOST_CYCLES])

    @cached_property
    def broken(self) -> frozenset[tuple[str, str]]:
        """Edges left out so that the nodes have an order: those of each knot that run against the book."""
        if not self._knots:
            return frozenset()
        knot_of = {label: number for number, knot in enumerate(self._knots) for label in knot}
        return frozenset(
            (edge.source, edge.target)
            for edge in self.edges
            if edge.source in knot_of
            and knot_of[edge.source] == knot_of.get(edge.target)
            and self._position[edge.source] > self._position[edge.target]
        )

    def order(self) -> tuple[str, ...]:
        """Return all labels, prerequisites before users, otherwise in the order of the book."""
        return self._order

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of every label in `order`."""
        return {label: place for place, label in enumerate(self._order)}

    @cached_property
    def _order(self) -> tuple[str, ...]:
        return self._sorted(self._kept_edges)

    @uncollected()
    def _sorted(self, edges: Iterable[Edge]) -> tuple[str, ...]:
        """Return labels in an order that some edges ask for; those on or behind a cycle of them are missing."""
        position, labels = self._position, list(self._position)
        waiting = [0] * len(labels)
        users: list[list[int]] = [[] for _ in labels]
        for edge in edges:
            target = position[edge.target]
            users[position[edge.source]].append(target)
            waiting[target] += 1
        ready = [index for index, count in enumerate(waiting) if not count]
        order: list[str] = []
        while ready:
            index = heapq.heappop(ready)
            order.append(labels[index])
            for user in users[index]:
                waiting[user] -= 1
                if not waiting[user]:
                    heapq.heappush(ready, user)
        return tuple(order)

    @cached_property
    def _kept_edges(self) -> tuple[Edge, ...]:
        if not self.broken:
            return self.edges
        return tuple(edge for edge in self.edges if (edge.source, edge.target) not in self.broken)

    @uncollected()
    def reduced_edges(self) -> tuple[Edge, ...]:
        """Return the edges to draw: those that no longer way implies, and those that close a cycle."""
        rank = self.places
        sources: list[list[int]] = [[] for _ in rank]
        for edge in self._kept_edges:
            sources[rank[edge.target]].append(rank[edge.source])
        implied = implied_edges(sources)
        return tuple(edge for edge in self.edges if (rank[edge.source], rank[edge.target]) not in implied)

    @cached_property
    @uncollected()
    def leverages(self) -> Mapping[str, int]:
        """How many nodes rest on each; a knot counts as one node of its size, all of whose nodes reach one another."""
        if not self._knots:
            rank = self.places
            users = [[rank[user] for user in self._users[label]] for label in self._order]
            return _ByLabel(zip(self._order, count_reached(users, [1] * len(users)), strict=True))
        members, targets = self._network.condensed()
        reached = count_reached(targets, [len(knot) for knot in members])
        counts = zip(members, reached, strict=True)
        return _ByLabel({label: count + len(knot) - 1 for knot, count in counts for label in knot})

    # ---- cycles

    def _way_round(self, knot: Iterable[str]) -> tuple[str, ...]:
        """Return a shortest way from the knot's first node in the book back to it."""
        members = set(knot)
        return self._network.way_round(members, min(members, key=self._position.__getitem__))

    def _cycle_problem(self, cycle: tuple[str, ...]) -> Problem:
        # An edge leads from what is used to what uses it; “rests on” reads the other way round.
        downwards = [cycle[0], *reversed(cycle)]
        nodes = self.blueprint.by_label
        path = " rests on ".join(f"“{label}” ({_where(nodes[label].place)})" for label in downwards[:-1])
        message = f"Circular dependency: {path} rests on “{cycle[0]}”; take one \\uses out."
        return Problem(nodes[cycle[0]].place, "BP136", "error", message)


def _where(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _resolve(uses: tuple[str, ...], aliases: Mapping[str, str], own: str) -> tuple[str, ...]:
    found = dict.fromkeys([aliases.get(name) for name in uses])
    return tuple([label for label in found if label is not None and label != own])
