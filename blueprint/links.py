"""Edges with their origin: named by the author, inferred from the text, or read from Lean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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
        reason: of an inferred one what it was inferred from, a sentence with file and line; else empty.
    """

    source: str
    target: str
    part: Part
    origin: Origin
    reason: str = ""


def links_of(graph: DependencyGraph) -> tuple[Link, ...]:
    """Return a graph's edges with their origin: the author's, and among them those joined from elsewhere."""
    joined = graph.joined
    return tuple(
        joined.get((each.source, each.target))
        or Link(each.source, each.target, part_of(each.in_statement, each.in_proof), "author")
        for each in graph.edges
    )


def part_of(in_statement: bool, in_proof: bool) -> Part:
    """Return the one word for where a prerequisite is used."""
    if in_statement and in_proof:
        return "both"
    return "statement" if in_statement else "proof"
