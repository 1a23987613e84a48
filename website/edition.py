"""An edition of the book: one snapshot, and all that pages look up in it, worked out once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint import DependencyGraph
from website.errors import SnapshotIncomplete
from website.prose import Prose
from website.routes import Routes
from website.states import Badge, node_badge, pull_request_badge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from blueprint import Renderings
    from blueprint.node import Node
    from blueprint.snapshot import IssueRecord, NodeProgress, PullRequestRecord, Snapshot


@dataclass(frozen=True, slots=True)
class NodeLink:
    """A node as other places name it.

    Attributes:
        label: its label.
        name: such as ``Theorem 3.2``.
        title: its title as HTML; empty where it has none.
        plain: its title as text.
        path: its page and anchor, from the site's root.
        badge: its state.
    """

    label: str
    name: str
    title: Markup
    plain: str
    path: str
    badge: Badge

    @property
    def full(self) -> str:
        """Its name and title as text: ``Theorem 3.2 (Cancellation)``."""
        return f"{self.name} ({self.plain})" if self.plain else self.name


@dataclass(frozen=True, slots=True)
class PullRequestLink:
    """A pull request as other places name it; `node` is ``None`` where the book no longer has the node."""

    number: int
    stage: str
    attempt: int
    path: str
    badge: Badge
    node: NodeLink | None
    label: str
    reason: str
    opened_at: float
    closed_at: float | None


@dataclass(frozen=True, slots=True)
class ChapterLink:
    """A chapter as navigation names it: number, title as HTML and as text, path from the site's root."""

    number: str
    title: Markup
    plain: str
    path: str


class Edition:
    """One snapshot with its graph, its routes and its prose.

    Attributes:
        snapshot, blueprint: what it is made from.
        graph: the book's dependency graph.
        routes: where everything stands.
        prose: the typesetter; its links lead from pages one folder deep.
        chapters: in order.
    """

    def __init__(self, snapshot: Snapshot, kept: Renderings | None = None) -> None:
        """Work out what pages look up. Raises `SnapshotIncomplete` when a node has no progress."""
        self.snapshot = snapshot
        self.blueprint = snapshot.blueprint
        for node in self.blueprint.nodes:
            if node.label not in snapshot.progress:
                raise SnapshotIncomplete(
                    f"The snapshot of {snapshot.campaign} says nothing of node {node.label!r}; "
                    "take it again from a store that knows this book."
                )
        self.graph = DependencyGraph(self.blueprint)
        self.prose = Prose(self.blueprint, self._reference, lambda key: f"../{Routes.entry(key)}", kept)
        titles = tuple(self.prose.plain(chapter.title) for chapter in self.blueprint.chapters)
        self.routes = Routes(self.blueprint, titles)
        self.chapters = tuple(
            ChapterLink(chapter.number, self.prose.inline(chapter.title), title, self.routes.chapter(index))
            for index, (chapter, title) in enumerate(zip(self.blueprint.chapters, titles, strict=True))
        )
        self._links = {node.label: self._link(node) for node in self.blueprint.nodes}
        self._pull_requests: dict[str, list[PullRequestLink]] = defaultdict(list)
        self._issues: dict[str, list[IssueRecord]] = defaultdict(list)
        for issue in snapshot.issues:
            self._issues[issue.label].append(issue)
        self.pull_requests = tuple(self._pull_request_link(record) for record in snapshot.pull_requests)
        for link in self.pull_requests:
            self._pull_requests[link.label].append(link)

    @property
    def title(self) -> Markup:
        """The book's title as HTML; the campaign's name where the book has none."""
        return self.prose.inline(self.blueprint.title) or self.prose.escaped(self.snapshot.campaign)

    @property
    def plain_title(self) -> str:
        """The book's title as text; the campaign's name where the book has none."""
        return self.prose.plain(self.blueprint.title) or self.snapshot.campaign

    def progress(self, node: Node) -> NodeProgress:
        """Return where a node stands."""
        return self.snapshot.progress[node.label]

    def link(self, label: str) -> NodeLink | None:
        """Return how to name a node; ``None`` where the book has none of this label."""
        return self._links.get(label)

    def links(self, labels: Iterable[str]) -> tuple[NodeLink, ...]:
        """Return how to name nodes, in the order of the book."""
        wanted = set(labels)
        return tuple(self._links[node.label] for node in self.blueprint.nodes if node.label in wanted)

    def used_by(self, label: str) -> tuple[NodeLink, ...]:
        """Return the nodes that use one directly, in the order of the book."""
        return self.links(self.graph.users(label))

    def pull_requests_of(self, label: str) -> Sequence[PullRequestLink]:
        """Return a node's pull requests, oldest first."""
        return tuple(self._pull_requests.get(label, ()))

    def issues_of(self, label: str) -> Sequence[IssueRecord]:
        """Return the open issues of a node, oldest first."""
        return tuple(self._issues.get(label, ()))

    def _reference(self, label: str) -> str:
        path = self.routes.reference(label)
        return f"../{path}" if path else ""

    def _link(self, node: Node) -> NodeLink:
        return NodeLink(
            label=node.label,
            name=node.name,
            title=self.prose.inline(node.title),
            plain=self.prose.plain(node.title),
            path=self.routes.node(node.label),
            badge=node_badge(self.progress(node).state),
        )

    def _pull_request_link(self, record: PullRequestRecord) -> PullRequestLink:
        return PullRequestLink(
            number=record.number,
            stage=record.stage,
            attempt=record.attempt,
            path=self.routes.pull_request(record.number),
            badge=pull_request_badge(record.state),
            node=self._links.get(record.label),
            label=record.label,
            reason=record.reason,
            opened_at=record.opened_at,
            closed_at=record.closed_at,
        )
