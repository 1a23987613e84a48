"""What ``blueprover graph --json`` prints: nodes and edges as plain data, for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blueprint.compat import MarkedStatus
    from blueprint.graph import DependencyGraph
    from blueprint.links import Link
    from blueprint.node import Node, Proof


def listing(
    graph: DependencyGraph,
    statuses: Mapping[str, MarkedStatus],
    links: Iterable[Link],
    depths: Mapping[str, int],
) -> dict[str, Any]:
    """Return a graph as JSON knows it; the keys are stable.

    Args:
        graph: whose nodes are listed, in the order of the book.
        statuses: by label, what the marks say of each node.
        links: the edges, in the order they are listed.
        depths: by label, how deep each node stands.

    Returns:
        ``nodes`` and ``edges``; the manual's page on commands says what their keys mean.
    """
    return {
        "nodes": [_node(node, statuses[node.label], depths[node.label]) for node in graph.blueprint.nodes],
        "edges": [_edge(link) for link in links],
    }


def _edge(link: Link) -> dict[str, str]:
    edge = {"from": link.source, "to": link.target, "in": link.part, "origin": link.origin}
    return edge | {"reason": link.reason} if link.reason else edge


def _node(node: Node, status: MarkedStatus, depth: int) -> dict[str, Any]:
    return {
        "label": node.label,
        "labels": list(node.labels),
        "kind": node.kind,
        "number": node.number,
        "title": node.title,
        "lean": list(node.lean),
        "marks": asdict(node.marks),
        "file": node.place.file,
        "line": node.place.line,
        "status": asdict(status),
        "proof": _proof(node.proof) if node.proof else None,
        "level": depth,
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {"file": proof.place.file, "line": proof.place.line, "leanok": proof.leanok, "lean": list(proof.lean)}
