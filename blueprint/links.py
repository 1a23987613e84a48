"""Edges with their origin: named by the author, inferred from the text, or read from Lean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from blueprint.graph import DependencyGraph

Origin = Literal["author", "inferred", "lean"]
r"""Who says so: the author with ``\uses``; the text, by what it refers to; Lean, by what the terms mention."""

Part = Literal["statement", "proof", "both"]
"""Which part of the user needs the prerequisite."""


@dataclass(frozen=True, slots=True)
class Link:
    """One dependency as one origin tells it.

    Attributes:
        source: label of the prerequisite.
        target: label of the node that uses it.
        part: where it is used.
        origin: who says so.
    """

    source: str
    target: str
    part: Part
    origin: Origin


def links_of(graph: DependencyGraph, origin: Origin = "author", others: Iterable[Link] = ()) -> tuple[Link, ...]:
    """Return a graph's edges with their origin, then those of other origins.

    Args:
        graph: the graph.
        origin: where its own edges come from.
        others: edges from elsewhere. One whose ends are no nodes, or whose pair the graph or an earlier one has
            already, is left out: a pair is told once.
    """
    own = tuple(
        Link(each.source, each.target, part_of(each.in_statement, each.in_proof), origin) for each in graph.edges
    )
    return own + tuple(_new(graph, own, others))


def part_of(in_statement: bool, in_proof: bool) -> Part:
    """Return the one word for where a prerequisite is used."""
    if in_statement and in_proof:
        return "both"
    return "statement" if in_statement else "proof"


def _new(graph: DependencyGraph, own: Iterable[Link], others: Iterable[Link]) -> Iterator[Link]:
    nodes = graph.blueprint.by_label
    told = {(link.source, link.target) for link in own}
    for link in others:
        pair = (link.source, link.target)
        if pair not in told and link.source in nodes and link.target in nodes and link.source != link.target:
            told.add(pair)
            yield link
