"""Taking snapshots: a campaign's state as plain data, for the site, the live view and ``blueprover status``."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from blueprint.snapshot import FailureRecord, IssueRecord, PullRequestRecord, Snapshot, VerdictRecord
from coordinator.git import Repository
from coordinator.store.schema import failures, issues, items, jobs, landings, pull_requests, verdicts
from coordinator.store.stages import load_stages
from coordinator.store.store import get_meta
from coordinator.views.progress import progress_of, with_details
from coordinator.views.tallies import count_attempts, count_landings, count_requests, count_rungs, sum_use

if TYPE_CHECKING:
    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.store.store import Store, Transaction

_DIFF_SHOWN = 100_000
_MEMORY = 4096

_LATEST = 100
"""How many landings and failures a brief snapshot names."""


def take_snapshot(campaign: Campaign, book: Book, store: Store, *, sources: bool) -> Snapshot:
    """The campaign as it stands.

    Args:
        campaign: which.
        book: its book.
        store: its store.
        sources: whether to read Lean sources and diffs from the hub too, as the site needs them; without them the
            snapshot is brief: of what landed and what failed it names the last only.
    """
    latest = None if sources else _LATEST
    with store.begin() as transaction:
        stages, use = load_stages(transaction), sum_use(transaction)
        progress = progress_of(book, stages)
        if sources:
            from coordinator.store.loading import load_records  # noqa: PLC0415 - only the site needs all that

            progress = with_details(progress, transaction, book, stages, load_records(transaction))
        snapshot = Snapshot(
            campaign=campaign.settings.name,
            state=_campaign_state(transaction, running=campaign.is_running()),
            paused=bool(get_meta(transaction, "paused", False)),
            skipped=tuple(label for label in book.homes if label in stages.skipped),
            reason=str(get_meta(transaction, "reason")),
            blueprint=book.blueprint,
            progress=progress,
            attempts=count_attempts(transaction),
            pull_requests=_requests(transaction, latest),
            requests=count_requests(transaction),
            landings=count_landings(transaction),
            rungs=count_rungs(transaction),
            failures=_failures(transaction, latest),
            issues=open_issues(transaction),
            input_tokens=use.input_tokens,
            output_tokens=use.output_tokens,
            cost_usd=use.cost_usd,
            retries=use.retries,
            models=use.models,
            sandbox=campaign.settings.workers.sandbox,
            rehearsal=bool(campaign.settings.model.rehearsal),
            lean=str(get_meta(transaction, "lean")),
            taken_at=time.time(),
        )
    return _with_sources(snapshot, campaign) if sources else snapshot


def _campaign_state(transaction: Transaction, *, running: bool) -> str:
    """The state written down, corrected for a coordinator that died without a word."""
    state = str(get_meta(transaction, "state", "new"))
    return "stopped" if state == "running" and not running else state


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


def _with_sources(snapshot: Snapshot, campaign: Campaign) -> Snapshot:
    """Adds what the hub knows: each stated node's module on ``main``, each pull request's diff."""
    hub, blobs = str(campaign.hub_path), campaign.hub.blobs(campaign.main())
    progress = {
        label: replace(each, lean=_source(hub, blobs[path]) if (path := _path(each.module)) in blobs else None)
        for label, each in snapshot.progress.items()
    }
    requests = tuple(
        replace(request, diff=_diff(hub, request.base, request.head)) for request in snapshot.pull_requests
    )
    return replace(snapshot, progress=progress, pull_requests=requests)


def _path(module: str) -> str:
    return module.replace(".", "/") + ".lean"


@lru_cache(maxsize=_MEMORY)
def _source(hub: str, blob: str) -> str:
    return _repository(hub).read_blob(blob).decode("utf-8", "replace")


@lru_cache(maxsize=_MEMORY)
def _diff(hub: str, base: str, head: str) -> str:
    return _repository(hub).diff(base, head, _DIFF_SHOWN)


@lru_cache(maxsize=1)
def _repository(hub: str) -> Repository:
    """One for all sources: it reads them through one process."""
    return Repository(Path(hub))
