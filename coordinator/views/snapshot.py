"""Taking snapshots: a campaign's state as plain data, for the site, the live view and ``blueprover status``."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from blueprint import NodeState, derive_states
from blueprint.snapshot import FailureRecord, IssueRecord, NodeProgress, PullRequestRecord, Snapshot, VerdictRecord
from coordinator.git import Repository
from coordinator.store.loading import load_state
from coordinator.store.schema import failures, issues, items, jobs, landings, pull_requests, verdicts
from coordinator.store.store import get_meta
from coordinator.views.accounts import use_of_models

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.schedule.state import CampaignState
    from coordinator.store.store import Store, Transaction

_REQUEST_DOING = {"checking": "checking", "resolving": "resolving", "reviewing": "reviewing", "approved": "landing"}

_SET_ASIDE = ("failed", "skipped")

SORRY = "sorryAx"

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
        state = load_state(transaction)
        snapshot = Snapshot(
            campaign=campaign.settings.name,
            state=_campaign_state(transaction, running=campaign.is_running()),
            paused=state.paused,
            skipped=tuple(label for label in book.homes if label in state.skipped),
            reason=str(get_meta(transaction, "reason")),
            blueprint=book.blueprint,
            progress=_progress(transaction, book, state),
            attempts=_attempts(transaction),
            pull_requests=_requests(transaction, latest),
            requests=_request_counts(transaction),
            landings=_landings(transaction),
            rungs=_rungs(transaction),
            failures=_failures(transaction, latest),
            issues=open_issues(transaction),
            **_spent(transaction),
            models=use_of_models(transaction),
            sandbox=campaign.settings.workers.sandbox,
            rehearsal=bool(campaign.settings.model.rehearsal),
            lean=state.lean,
            taken_at=time.time(),
        )
    return _with_sources(snapshot, campaign) if sources else snapshot


def _campaign_state(transaction: Transaction, *, running: bool) -> str:
    """The state written down, corrected for a coordinator that died without a word."""
    state = str(get_meta(transaction, "state", "new"))
    return "stopped" if state == "running" and not running else state


def _progress(transaction: Transaction, book: Book, state: CampaignState) -> dict[str, NodeProgress]:
    assumes = {item.label: _labels(item.assumes, book) for item in state.items.values() if item.state == "landed"}
    states = derive_states(book.graph, state.landed, assumes, state.failed, state.skipped)
    spent = _spent_by_label(transaction)
    active = _active(state)
    progress = {}
    for node in book.blueprint.nodes:
        home = book.homes[node.label]
        attempts, cost = spent.get(node.label, (0, 0.0))
        progress[node.label] = NodeProgress(
            label=node.label,
            state=states[node.label],
            module=home.module,
            declaration=home.declaration,
            axioms=axioms_of(node.label, state, assumes),
            assumes=tuple(each for each in assumes.get(node.label, ()) if states[each] is not NodeState.PROVED),
            attempts=attempts,
            cost_usd=cost,
            active=active.get(node.label, ""),
            reason=_reason(node.label, state),
        )
    return progress


def axioms_of(label: str, state: CampaignState, assumes: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The axioms a node rests on today.

    What was recorded when its proof landed names ``sorryAx`` wherever something below was still open. Once that is
    proved, its own axioms stand in the place of ``sorryAx``; until then ``sorryAx`` stays.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [label]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        final = state.items.get((each, "proof")) or state.items.get((each, "statement"))
        if final is None or final.state != "landed":
            found |= {SORRY} if each != label else set()
            continue
        found |= set(final.axioms) - {SORRY}
        waiting.extend(assumes.get(each, ()))
    return tuple(sorted(found))


def _labels(declarations: Collection[str], book: Book) -> tuple[str, ...]:
    return tuple(book.labels[name] for name in declarations if name in book.labels)


def _reason(label: str, state: CampaignState) -> str:
    stages = (state.items.get((label, "statement")), state.items.get((label, "proof")))
    return next((item.reason for item in stages if item is not None and item.state in _SET_ASIDE), "")


def _active(state: CampaignState) -> dict[str, str]:
    """What is going on at each node right now, in a word."""
    doing = {
        state.by_id[job.item].label: "stating" if state.by_id[job.item].stage == "statement" else "proving"
        for job in state.jobs
        if job.kind == "attempt" and job.item is not None
    }
    for request in state.pull_requests:
        doing[state.by_id[request.item].label] = _REQUEST_DOING[request.state]
    return doing


def _spent_by_label(transaction: Transaction) -> dict[str, tuple[int, float]]:
    rows = transaction.execute(
        select(
            items.c.label,
            func.sum(case((jobs.c.kind == "attempt", 1), else_=0)),
            func.sum(jobs.c.cost_usd),
        )
        .join(items, items.c.id == jobs.c.item)
        .group_by(items.c.label)
    )
    return {label: (int(attempts), float(cost)) for label, attempts, cost in rows}


def _attempts(transaction: Transaction) -> dict[str, int]:
    found = select(jobs.c.state, jobs.c.ending, func.count()).where(jobs.c.kind == "attempt")
    counts: Counter[str] = Counter()
    for state, ending, count in transaction.execute(found.group_by(jobs.c.state, jobs.c.ending)):
        counts[ending if state == "ended" else state] += count
    return dict(sorted(counts.items()))


def _rungs(transaction: Transaction) -> dict[str, int]:
    rung = pull_requests.c.rung
    landed = select(rung, func.count()).where(pull_requests.c.state == "landed").group_by(rung)
    return {row[0]: row[1] for row in transaction.execute(landed.order_by(rung))}


def _landings(transaction: Transaction) -> dict[str, int]:
    rows = transaction.execute(
        select(items.c.stage, func.count())
        .select_from(landings)
        .join(pull_requests, pull_requests.c.number == landings.c.pull_request)
        .join(items, items.c.id == pull_requests.c.item)
        .where(landings.c.state == "landed")
        .group_by(items.c.stage)
    )
    return dict(sorted(rows))


def _spent(transaction: Transaction) -> dict[str, Any]:
    row = transaction.execute(
        select(
            func.coalesce(func.sum(jobs.c.input_tokens), 0),
            func.coalesce(func.sum(jobs.c.output_tokens), 0),
            func.coalesce(func.sum(jobs.c.cost_usd), 0.0),
            func.coalesce(func.sum(jobs.c.retries), 0),
        )
    ).one()
    return {
        "input_tokens": int(row[0]),
        "output_tokens": int(row[1]),
        "cost_usd": float(row[2]),
        "retries": int(row[3]),
    }


def _request_counts(transaction: Transaction) -> dict[str, int]:
    state = pull_requests.c.state
    return {row[0]: row[1] for row in transaction.execute(select(state, func.count()).group_by(state).order_by(state))}


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
