r"""What a draft proposes as edges of the graph, for those who ask before anybody has corrected the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.draft.inference import draft
from blueprint.links import Link, part_of
from blueprint.node import Marks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.book import Blueprint
    from blueprint.draft.proposal import ProposedEdge
    from blueprint.node import Node


def is_plain(book: Blueprint) -> bool:
    r"""Whether no statement or proof of a book has a mark: nobody has begun to make a blueprint of it."""
    return not book.formalized_asides and not any(map(_is_marked, book.nodes))


def inferred_links(book: Blueprint, texts: Mapping[str, str] | None = None) -> tuple[Link, ...]:
    """Return the dependencies that a book suggests, users in its order, between the labels its nodes go by.

    Args:
        book: the book.
        texts: what its files say, by name, for the lines in the reasons; as `blueprint.draft.draft` takes them.
    """
    found: list[Link] = []
    drafted = draft(book, texts)
    # A node without a label of its own goes by another one in the draft than in the book.
    labels = {each.label: node.label for each, node in zip(drafted.nodes, book.nodes, strict=True)}
    for each, node in zip(drafted.nodes, book.nodes, strict=True):
        statement, proof = _reasons(each.statement_uses), _reasons(each.proof_uses)
        for source, reason in {**proof, **statement}.items():
            part = part_of(source in statement, source in proof)
            found.append(Link(labels[source], node.label, part, "inferred", reason))
    return tuple(found)


def _reasons(edges: tuple[ProposedEdge, ...]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for edge in edges:
        reasons.setdefault(edge.source, edge.reason)
    return reasons


def _is_marked(node: Node) -> bool:
    proof = node.proof
    own = node.uses or node.lean or node.tags or node.discussion or node.marks != Marks()
    return bool(own or (proof and (proof.uses or proof.lean or proof.tags or proof.leanok)))
