"""A chapter of the book: prose and nodes in order, each node's LaTeX beside its Lean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.status import NodeState
from website.figures import money, plural
from website.lean_view import ModuleView, Part, view_of
from website.pages.page import Page
from website.routes import anchor_of
from website.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from blueprint.node import Node
    from blueprint.snapshot import IssueRecord, NodeProgress
    from website.edition import ChapterLink, Edition, NodeLink, PullRequestLink

_PROOF_LANDED = {NodeState.PROVED, NodeState.CONDITIONAL}


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node on its chapter's page.

    Attributes:
        link: its name, title, state and place.
        anchor: its id on the page.
        is_definition: whether there is nothing to prove.
        statement, proof: the book's text.
        declaration, module: its Lean name, and the module it lives in.
        lean: the module cut around the declaration; empty until the statement has landed.
        lean_note: why the declaration is not shown by itself; empty otherwise.
        evidence: what the kernel says of it in a few words; empty until its proof has landed.
        assumes: nodes below it that are still open.
        statement_uses, proof_uses, used_by: its neighbours in the graph.
        effort: attempts and cost in words; empty where there were none.
        pull_requests: newest first.
        active: what is going on right now; often empty.
        reason: why it failed or is left out; empty otherwise.
        issues: what was found to be wrong with it, oldest first.
    """

    link: NodeLink
    anchor: str
    is_definition: bool
    statement: Markup
    proof: Markup
    declaration: str
    module: str
    lean: tuple[Part, ...]
    lean_note: str
    evidence: str
    assumes: tuple[NodeLink, ...]
    statement_uses: tuple[NodeLink, ...]
    proof_uses: tuple[NodeLink, ...]
    used_by: tuple[NodeLink, ...]
    effort: str
    pull_requests: tuple[PullRequestLink, ...]
    active: str
    reason: str
    issues: tuple[IssueRecord, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the page: prose, or a node."""

    prose: Markup | None = None
    node: NodeView | None = None


@dataclass(frozen=True, slots=True)
class ChapterView:
    """What a chapter's page says; `before` and `after` are its neighbours in the book."""

    chapter: ChapterLink
    tally: Tally
    blocks: tuple[Block, ...]
    before: ChapterLink | None
    after: ChapterLink | None

    @property
    def nodes(self) -> tuple[NodeView, ...]:
        """The chapter's nodes, in order."""
        return tuple(block.node for block in self.blocks if block.node)


def chapter_pages(edition: Edition) -> Iterator[Page]:
    """Yield one page for each chapter."""
    for index, chapter in enumerate(edition.chapters):
        view = _view(edition, index)
        title = f"{chapter.number} {chapter.plain}".strip() or edition.plain_title
        yield Page(chapter.path, "chapter.html.jinja", title, "book", view, lambda view=view: view)  # type: ignore[misc]  # mypy cannot type a lambda's default


def _view(edition: Edition, index: int) -> ChapterView:
    nodes = [node for node in edition.blueprint.nodes if node.chapter == index]
    chapters = edition.chapters
    return ChapterView(
        chapter=chapters[index],
        tally=tally(edition.progress(node).state for node in nodes),
        blocks=tuple(_blocks(edition, index, nodes)),
        before=chapters[index - 1] if index else None,
        after=chapters[index + 1] if index + 1 < len(chapters) else None,
    )


def _blocks(edition: Edition, index: int, nodes: list[Node]) -> Iterator[Block]:
    """Yield the chapter's prose and nodes in the book's order; nodes that no passage names come last."""
    waiting = {node.label: node for node in nodes}
    for place, passage in enumerate(each for each in edition.blueprint.passages if each.chapter == index):
        if passage.label:
            if node := waiting.pop(passage.label, None):
                yield Block(node=_node_view(edition, node))
        elif prose := edition.prose.passage(passage, f"passage {place}").strip():
            yield Block(prose=prose)
    for node in waiting.values():
        yield Block(node=_node_view(edition, node))


def _node_view(edition: Edition, node: Node) -> NodeView:
    progress = edition.progress(node)
    link = edition.link(node.label)
    assert link is not None, "a node of the book has a link"
    lean = view_of(progress.lean, progress.declaration) if progress.lean else ModuleView(())
    return NodeView(
        link=link,
        anchor=anchor_of(node.label),
        is_definition=node.is_definition,
        statement=edition.prose.statement(node),
        proof=edition.prose.proof(node),
        declaration=progress.declaration,
        module=progress.module,
        lean=lean.parts,
        lean_note=lean.note,
        evidence=_evidence(progress),
        assumes=edition.links(progress.assumes),
        statement_uses=edition.links(edition.graph.statement_uses(node.label)),
        proof_uses=edition.links(edition.graph.proof_uses(node.label)),
        used_by=edition.used_by(node.label),
        effort=_effort(progress),
        pull_requests=tuple(reversed(edition.pull_requests_of(node.label))),
        active=progress.active,
        reason=progress.reason,
        issues=tuple(edition.issues_of(node.label)),
    )


def _evidence(progress: NodeProgress) -> str:
    """Return what the kernel terms say of a landed proof: the axioms it rests on."""
    if progress.state not in _PROOF_LANDED:
        return ""
    return f"rests on {', '.join(progress.axioms)}" if progress.axioms else "no axioms"


def _effort(progress: NodeProgress) -> str:
    if not progress.attempts:
        return ""
    attempts = plural(progress.attempts, "attempt")
    return f"{attempts} · {money(progress.cost_usd)}" if progress.cost_usd else attempts
