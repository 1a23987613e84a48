"""The pull requests: one list, and one page each with its diff and its verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from website.diff_view import FileDiff, files_of
from website.pages.page import Page
from website.routes import PULL_REQUESTS
from website.states import Badge, verdict_badge
from website.wording import paragraphs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from blueprint.snapshot import PullRequestRecord
    from website.edition import Edition, PullRequestLink


_MOST_LINES = 4000
"""Lines of a diff shown; nobody reads more of them on a page."""


@dataclass(frozen=True, slots=True)
class StateCount:
    """A state that occurs among the pull requests, and how often."""

    badge: Badge
    count: int


@dataclass(frozen=True, slots=True)
class PullRequestsView:
    """The list, newest first, and counts by state."""

    rows: tuple[PullRequestLink, ...]
    states: tuple[StateCount, ...]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict; `is_stale` says that it was given on another commit than the one proposed now."""

    reviewer: str
    badge: Badge
    reasons: str
    commit: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class PullRequestView:
    """What a pull request's page says.

    Attributes:
        files: the diff, of which `omitted` lines at the end are left out.
        siblings: the same node's other pull requests.
        why: why it bounced or was closed, as paragraphs; what the verdicts say is not said again.
    """

    link: PullRequestLink
    head: str
    landed_as: str
    verdicts: tuple[VerdictView, ...]
    files: tuple[FileDiff, ...]
    omitted: int
    siblings: tuple[PullRequestLink, ...]
    why: tuple[Markup, ...]


def pull_request_pages(edition: Edition) -> Iterator[Page]:
    """Yield the list and one page for each pull request."""
    listing = _listing(edition)
    yield Page(PULL_REQUESTS, "pull_requests.html.jinja", "Pull requests", "pull-requests", listing, lambda: listing)
    for record, link in zip(edition.snapshot.pull_requests, edition.pull_requests, strict=True):
        siblings = tuple(other for other in edition.pull_requests_of(record.label) if other.number != link.number)
        yield Page(
            path=link.path,
            template="pull_request.html.jinja",
            title=f"Pull request {link.number}: {_subject(link)}",
            section="pull-requests",
            ingredients=(record, link, siblings),
            view=partial(_view, record, link, siblings),
        )


def _subject(link: PullRequestLink) -> str:
    return f"{link.stage} of {link.node.full if link.node else link.label}"


def _listing(edition: Edition) -> PullRequestsView:
    badges = [link.badge for link in edition.pull_requests]
    return PullRequestsView(
        rows=tuple(reversed(edition.pull_requests)),
        states=tuple(StateCount(badge, badges.count(badge)) for badge in dict.fromkeys(badges)),
    )


def _view(record: PullRequestRecord, link: PullRequestLink, siblings: tuple[PullRequestLink, ...]) -> PullRequestView:
    lines = record.diff.split("\n") if record.diff.strip() else []
    return PullRequestView(
        link=link,
        head=record.head,
        landed_as=record.landed_as,
        verdicts=tuple(
            VerdictView(
                reviewer=verdict.reviewer,
                badge=verdict_badge(verdict.decision),
                reasons=verdict.reasons,
                commit=verdict.commit,
                is_stale=bool(record.head) and verdict.commit != record.head,
            )
            for verdict in record.verdicts
        ),
        files=files_of("\n".join(lines[:_MOST_LINES])) if lines else (),
        omitted=max(0, len(lines) - _MOST_LINES),
        siblings=siblings,
        why=paragraphs_of(record.reason, (verdict.reasons for verdict in record.verdicts)),
    )
