"""The first page: the campaign at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.status import NodeState
from website.figures import count, money, rough
from website.pages.page import Page
from website.routes import INDEX
from website.states import Badge, campaign_badge
from website.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.snapshot import FailureRecord, IssueRecord, Snapshot
    from website.edition import ChapterLink, Edition, NodeLink, PullRequestLink

_RECENT = 10
_NEXT = 8
_PASSING = 40
_OPEN = {NodeState.READY, NodeState.STATED, NodeState.FAILED}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, and a breakdown of it in small print."""

    value: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChapterRow:
    """A chapter with how far it has come."""

    chapter: ChapterLink
    tally: Tally


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node that is waiting for work, with how many nodes stand above it, and what is going on."""

    node: NodeLink
    leverage: int
    active: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Something that went wrong; `node` is ``None`` where the book no longer has it."""

    node: NodeLink | None
    label: str
    stage: str
    cause: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class IssueRow:
    """Something that was found to be wrong with a node; `node` is ``None`` where the book no longer has it."""

    node: NodeLink | None
    issue: IssueRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """What the reader of the LaTeX found: severity, code, place, sentence."""

    severity: str
    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class DashboardView:
    """What the first page says.

    Attributes:
        campaign: its name.
        state: its badge.
        running: whether the page should offer to follow it.
        taken_at: when, in seconds since the epoch.
        tally: the whole book's.
        figures: totals.
        chapters: in order.
        open_nodes: those waiting for work, by leverage.
        landings: the newest pull requests that landed, newest first.
        final, passing: failures that ended a node's work, and those that were overcome or tried again; newest first.
        more_passing: how many passing ones are left out.
        issues: what agents and people found to be wrong, newest first.
        findings: about the LaTeX.
    """

    campaign: str
    state: Badge
    running: bool
    taken_at: float
    tally: Tally
    figures: tuple[Figure, ...]
    chapters: tuple[ChapterRow, ...]
    open_nodes: tuple[OpenNode, ...]
    landings: tuple[PullRequestLink, ...]
    final: tuple[FailureRow, ...]
    passing: tuple[FailureRow, ...]
    more_passing: int
    issues: tuple[IssueRow, ...]
    findings: tuple[Finding, ...]


def dashboard_page(edition: Edition) -> Page:
    """Return the first page."""
    view = _view(edition)
    return Page(INDEX, "index.html.jinja", edition.plain_title, "overview", view, lambda: view)


def _view(edition: Edition) -> DashboardView:
    snapshot = edition.snapshot
    nodes = edition.blueprint.nodes
    landed = [link for link in edition.pull_requests if link.badge.word == "landed"]
    passing = [_failure(edition, record) for record in reversed(snapshot.failures) if not record.final]
    return DashboardView(
        campaign=snapshot.campaign,
        state=campaign_badge(snapshot.state),
        running=snapshot.state == "running",
        taken_at=snapshot.taken_at,
        tally=tally(snapshot.progress[node.label].state for node in nodes),
        figures=_figures(snapshot),
        chapters=tuple(
            ChapterRow(chapter, tally(snapshot.progress[n.label].state for n in nodes if n.chapter == index))
            for index, chapter in enumerate(edition.chapters)
        ),
        open_nodes=_open_nodes(edition),
        landings=tuple(sorted(landed, key=lambda link: (link.closed_at or 0, link.number), reverse=True)[:_RECENT]),
        final=tuple(_failure(edition, record) for record in reversed(snapshot.failures) if record.final),
        passing=tuple(passing[:_PASSING]),
        more_passing=max(0, len(passing) - _PASSING),
        issues=tuple(IssueRow(edition.link(each.label), each) for each in reversed(snapshot.issues)),
        findings=tuple(Finding(p.severity, p.code, str(p.place), p.message) for p in edition.blueprint.problems),
    )


def _figures(snapshot: Snapshot) -> tuple[Figure, ...]:
    states: dict[str, int] = {}
    for record in snapshot.pull_requests:
        states[record.state] = states.get(record.state, 0) + 1
    tokens = snapshot.input_tokens + snapshot.output_tokens
    return (
        Figure(count(sum(snapshot.attempts.values())), "attempts", _breakdown(snapshot.attempts)),
        Figure(count(len(snapshot.pull_requests)), "pull requests", _breakdown(states)),
        Figure(count(sum(snapshot.landings.values())), "landings", _landings(snapshot)),
        Figure(rough(tokens), "tokens", f"{rough(snapshot.input_tokens)} in, {rough(snapshot.output_tokens)} out"),
        Figure(money(snapshot.cost_usd), "spent", "rehearsal: nothing was paid" if snapshot.rehearsal else ""),
    )


def _landings(snapshot: Snapshot) -> str:
    """Landings by stage, and by what joined them with ``main`` where that was more than git."""
    above = {f"joined by {rung}": each for rung, each in snapshot.rungs.items() if rung != "git"}
    return _breakdown({**snapshot.landings, **above})


def _breakdown(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count(number)} {name.replace('_', ' ')}" for name, number in ordered if number)


def _open_nodes(edition: Edition) -> tuple[OpenNode, ...]:
    """Return open nodes that can be worked on, those first that most others rest on."""
    found: list[OpenNode] = []
    for node in edition.blueprint.nodes:
        progress = edition.progress(node)
        link = edition.link(node.label)
        if progress.state in _OPEN and link:
            found.append(OpenNode(link, edition.graph.leverage(node.label), progress.active))
    found.sort(key=lambda row: (not row.active, -row.leverage))  # stable: the book's order breaks ties
    return tuple(found[:_NEXT])


def _failure(edition: Edition, record: FailureRecord) -> FailureRow:
    return FailureRow(edition.link(record.label), record.label, record.stage, record.cause, record.reason, record.at)
