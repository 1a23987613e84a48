"""All nodes in one table, to search and to sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from website.figures import money
from website.pages.page import Page
from website.routes import NODES

if TYPE_CHECKING:
    from website.edition import ChapterLink, Edition, NodeLink


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node in the table: leverage is how many nodes rest on it."""

    link: NodeLink
    chapter: ChapterLink
    declaration: str
    attempts: int
    cost: str
    cost_usd: float
    leverage: int
    reason: str


def nodes_page(edition: Edition) -> Page:
    """Return the table's page."""
    rows = tuple(_rows(edition))
    return Page(NODES, "nodes.html.jinja", "All nodes", "nodes", rows, lambda: rows)


def _rows(edition: Edition) -> list[NodeRow]:
    rows: list[NodeRow] = []
    for node in edition.blueprint.nodes:
        progress = edition.progress(node)
        link = edition.link(node.label)
        assert link is not None, "a node of the book has a link"
        rows.append(
            NodeRow(
                link=link,
                chapter=edition.chapters[node.chapter],
                declaration=progress.declaration,
                attempts=progress.attempts,
                cost=money(progress.cost_usd) if progress.attempts else "",
                cost_usd=progress.cost_usd,
                leverage=edition.graph.leverage(node.label),
                reason=progress.reason,
            )
        )
    return rows
