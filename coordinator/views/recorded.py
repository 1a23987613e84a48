"""What a campaign's store tells of it besides sums, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from blueprint.snapshot import FailureRecord, IssueRecord, PullRequestRecord, VerdictRecord
from coordinator.store.kept import get_meta
from coordinator.store.schema import failures, issues, items, jobs, landings, pull_requests, verdicts
from coordinator.store.stages import load_stages
from coordinator.views.progress import sum_by_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.schedule.state import CampaignState
    from coordinator.store.stages import Stages
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction

_LATEST = 100
"""How many landings and failures are named in brief."""


@dataclass(frozen=True, slots=True)
class Details:
    """What only the site asks for.

    Attributes:
        records: all items, jobs under way and open pull requests.
        spent: attempts made on each node and what they cost, in dollars, by label.
    """

    records: CampaignState
    spent: Mapping[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store tells.

    Attributes:
        state: of the campaign, as it was last written down: a coordinator that was killed leaves ``running`` behind.
        reason: of that state, in words.
        lean: identity of the Lean of the last run.
        paused: whether a person has asked that no agents be sent.
        stages: what of each node has landed, was given up or left out.
        pull_requests: oldest first; in brief the last that landed.
        failures: oldest first; in brief the last hundred.
        issues: the open ones, oldest first.
        details: ``None`` in brief.
    """

    state: str
    reason: str
    lean: str
    paused: bool
    stages: Stages
    pull_requests: tuple[PullRequestRecord, ...]
    failures: tuple[FailureRecord, ...]
    issues: tuple[IssueRecord, ...]
    details: Details | None


def read_recorded(store: Store, *, brief: bool) -> Recorded:
    """Reads what a store tells: all of it, or in `brief`."""
    latest = _LATEST if brief else None
    with store.begin() as transaction:
        return Recorded(
            state=str(get_meta(transaction, "state", "new")),
            reason=str(get_meta(transaction, "reason")),
            lean=str(get_meta(transaction, "lean")),
            paused=bool(get_meta(transaction, "paused", False)),
            stages=load_stages(transaction),
            pull_requests=_requests(transaction, latest),
            failures=_failures(transaction, latest),
            issues=open_issues(transaction),
            details=None if brief else _details(transaction),
        )


def _details(transaction: Transaction) -> Details:
    from coordinator.store.loading import load_records  # noqa: PLC0415 - only the site needs all that

    return Details(load_records(transaction), sum_by_label(transaction))


def _requests(transaction: Transaction, latest: int | None) -> tuple[PullRequestRecord, ...]:
    """All pull requests, or the `latest` that landed, without what was said of them."""
    chosen = (
        select(pull_requests, items.c.label, items.c.stage, jobs.c.number.label("attempt"))
        .join(items, items.c.id == pull_requests.c.item)
        .join(jobs, jobs.c.id == pull_requests.c.job)
        .order_by(pull_requests.c.number)
    )
    given: dict[int, list[VerdictRecord]] = {}
    if latest is not None:
        last = select(landings.c.pull_request).where(landings.c.state == "landed")
        last = last.order_by(landings.c.id.desc()).limit(latest)
        rows = transaction.execute(chosen.where(pull_requests.c.number.in_(last)))
    else:
        rows = transaction.execute(chosen)
        for row in transaction.execute(select(verdicts).order_by(verdicts.c.id)):
            record = VerdictRecord(row.reviewer, row.decision, row.reasons, row.commit)
            given.setdefault(row.pull_request, []).append(record)
    return tuple(
        PullRequestRecord(
            number=row.number,
            label=row.label,
            stage=row.stage,
            state=row.state,
            attempt=row.attempt,
            base=row.base,
            head=row.head,
            landed_as=row.landed_as,
            reason=row.reason,
            verdicts=tuple(given.get(row.number, ())),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    )


def _failures(transaction: Transaction, latest: int | None) -> tuple[FailureRecord, ...]:
    """All failures, or the `latest`, oldest first."""
    rows = transaction.execute(
        select(failures, items.c.label, items.c.stage)
        .join(items, items.c.id == failures.c.item)
        .order_by(failures.c.id.desc())
        .limit(latest)
    ).all()
    return tuple(
        FailureRecord(row.label, row.stage, row.cause, row.reason, row.at, final=bool(row.final))
        for row in reversed(rows)
    )


def open_issues(transaction: Transaction) -> tuple[IssueRecord, ...]:
    """The issues that are not closed, oldest first."""
    rows = transaction.execute(select(issues).where(issues.c.state == "open").order_by(issues.c.number))
    return tuple(
        IssueRecord(row.number, row.kind, row.label, row.text, row.filed_by, row.times, row.opened_at) for row in rows
    )
