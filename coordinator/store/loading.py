"""Reading the store: all that a decision depends on, whole or just some records of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import and_, case, func, or_, select

from coordinator.queue import ModuleRecord
from coordinator.schedule.budget import Money
from coordinator.schedule.chapters import Chapters, chapters_of
from coordinator.schedule.purse import HOUR
from coordinator.schedule.retrying import in_short
from coordinator.schedule.state import OPEN_STATES, CampaignState, Item, Job, PullRequest, Verdict, is_wanted
from coordinator.store.audits import load_trail
from coordinator.store.kept import get_meta
from coordinator.store.resolving import TRIED
from coordinator.store.rows import select_among
from coordinator.store.schema import items, jobs, landings, modules, pull_requests, verdicts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from blueprint import Blueprint
    from coordinator.store.transaction import Transaction

_ATTEMPTS = (
    select(jobs.c.item, func.count(), func.max(jobs.c.number)).where(jobs.c.kind == "attempt").group_by(jobs.c.item)
)
_ITEMS = select(items).order_by(items.c.id)
_LIVE_JOBS = select(jobs).where(jobs.c.state != "ended").order_by(jobs.c.id)
_OPEN_REQUESTS = (
    select(pull_requests, jobs.c.number.label("attempt"))
    .join(jobs, jobs.c.id == pull_requests.c.job)
    .where(pull_requests.c.state.in_(OPEN_STATES))
    .order_by(pull_requests.c.number)
)
_VERDICTS = select(verdicts).order_by(verdicts.c.id)
_LANDINGS = (
    select(pull_requests.c.item, func.max(landings.c.id))
    .join(pull_requests, pull_requests.c.number == landings.c.pull_request)
    .where(landings.c.state == "landed")
    .group_by(pull_requests.c.item)
)
_IN_VAIN = ("failed", "lost")
_NO_VERDICT = ("limit", "gave_up")
_FRUITLESS = or_(
    and_(jobs.c.kind.in_(("review", "build", "resolve")), jobs.c.ending.in_(_IN_VAIN)),
    and_(jobs.c.kind == "review", jobs.c.ending.in_(_NO_VERDICT)),
)
_BROKEN = (
    select(jobs.c.pull_request, jobs.c.ended_at, jobs.c.summary)
    .join(pull_requests, pull_requests.c.number == jobs.c.pull_request)
    .where(jobs.c.kind.in_(("review", "build", "resolve")), jobs.c.ending == "failed")
    .where(jobs.c.id > pull_requests.c.tries_since)
    .order_by(jobs.c.id)
)
_RESOLUTIONS = and_(jobs.c.kind == "resolve", jobs.c.ending.in_(TRIED))
_TRIES = (
    select(jobs.c.pull_request, func.count(case((_FRUITLESS, 1))), func.count(case((_RESOLUTIONS, 1))))
    .join(pull_requests, pull_requests.c.number == jobs.c.pull_request)
    .where(jobs.c.id > pull_requests.c.tries_since)
    .group_by(jobs.c.pull_request)
)


def load_state(transaction: Transaction, blueprint: Blueprint | None = None) -> CampaignState:
    """Everything a decision depends on; with a `blueprint`, without the items it no longer asks for."""
    state = load_records(transaction, blueprint)
    _load_spending(transaction, state)
    return state


def load_records(transaction: Transaction, blueprint: Blueprint | None = None) -> CampaignState:
    """The same without what was spent, for those who do not ask: it is told by all jobs there ever were."""
    kept = [item for item in load_items(transaction) if blueprint is None or is_wanted(item, blueprint)]
    return CampaignState(
        items={(item.label, item.stage): item for item in kept},
        jobs=load_jobs(transaction),
        pull_requests=load_requests(transaction),
        main=get_meta(transaction, "main"),
        certified=get_meta(transaction, "certified"),
        audited=get_meta(transaction, "audited"),
        audit_failure=load_audit_failure(transaction),
        audit_errors=load_audit_errors(transaction),
        lean=str(get_meta(transaction, "lean")),
        trail=load_trail(transaction),
        paused=bool(get_meta(transaction, "paused", False)),
        chapters=chapters_of(blueprint) if blueprint is not None else Chapters(),
    )


def _load_spending(transaction: Transaction, state: CampaignState) -> None:
    """Books what all jobs have spent: item by item, and what ended in the last hour one by one in the hour."""
    tokens = jobs.c.input_tokens + jobs.c.output_tokens
    spent = or_(tokens > 0, jobs.c.cost_usd > 0)
    ended = spent, jobs.c.ended_at.is_not(None)
    sums = select(jobs.c.item, func.sum(jobs.c.cost_usd), func.sum(tokens)).where(*ended).group_by(jobs.c.item)
    for item, usd, used in transaction.execute(sums):
        state.purse.carry(state.account(item), Money(float(usd), float(used)))
    last = transaction.execute(select(func.max(jobs.c.ended_at))).scalar_one()
    since = -1.0 if last is None else last - HOUR
    recent = select(jobs.c.ended_at, jobs.c.cost_usd, tokens).where(spent, jobs.c.ended_at > since)
    hour = transaction.execute(recent.order_by(jobs.c.ended_at, jobs.c.id))
    state.purse.fill_hour((at, usd, float(used)) for at, usd, used in hour)


def load_audit_failure(transaction: Transaction) -> str:
    """What the last audit found wrong, empty when ``main`` has moved since."""
    failure = get_meta(transaction, "audit_failure", {})
    return str(failure["problem"]) if failure and failure["commit"] == get_meta(transaction, "main") else ""


def load_audit_errors(transaction: Transaction) -> tuple[str, ...]:
    """Why audits of ``main`` as it is now gave no answer in this run."""
    rows = transaction.execute(
        select(jobs.c.summary).where(
            jobs.c.kind == "audit",
            jobs.c.ending.in_(("failed", "lost")),
            jobs.c.base == get_meta(transaction, "main"),
            jobs.c.sent_at >= get_meta(transaction, "began", 0.0),
        )
    )
    return tuple(rows.scalars())


def load_items(transaction: Transaction, only: Collection[int] | None = None) -> Iterator[Item]:
    """Items by id, all or `only` some."""
    sent = {row[0]: (row[1], row[2]) for row in select_among(transaction, _ATTEMPTS, jobs.c.item, only)}
    landed = _landing_numbers(transaction, only)
    for row in select_among(transaction, _ITEMS, items.c.id, only):
        count, last = sent.get(row.id, (0, 0))
        yield Item(
            id=row.id,
            label=row.label,
            stage=row.stage,
            state=row.state,
            attempts=count - row.forgiven,
            sent=max(count, last),
            not_before=row.not_before,
            lock=row.lock,
            landing=max(landed.get(row.id, 0), row.pushed),
            axioms=tuple(row.axioms),
            assumes=tuple(row.assumes),
            reason=row.reason,
            model=row.model,
            max_cost_usd=row.max_cost_usd,
            boost=row.boost,
        )


def _landing_numbers(transaction: Transaction, only: Collection[int] | None) -> Mapping[int, int]:
    """Number of the last landing of each item that landed."""
    return {row[0]: row[1] for row in select_among(transaction, _LANDINGS, pull_requests.c.item, only)}


def load_jobs(transaction: Transaction, only: Collection[int] | None = None) -> Iterator[Job]:
    """Jobs whose lease is held, oldest first, all or `only` some."""
    for row in select_among(transaction, _LIVE_JOBS, jobs.c.id, only):
        yield Job(
            id=row.id,
            kind=row.kind,
            item=row.item,
            pull_request=row.pull_request,
            number=row.number,
            lease_until=row.lease_until,
            worker=row.worker,
            base=row.base,
            cap_usd=row.cap_usd,
            cap_tokens=row.cap_tokens,
        )


def load_requests(transaction: Transaction, only: Collection[int] | None = None) -> Iterator[PullRequest]:
    """Pull requests still open, oldest first, all or `only` some."""
    rows = list(select_among(transaction, _OPEN_REQUESTS, pull_requests.c.number, only))
    numbers = [row.number for row in rows]
    given, tries = load_verdicts(transaction, numbers), _count_tries(transaction, numbers)
    errors = _last_errors(transaction, [number for number, (fruitless, _) in tries.items() if fruitless])
    for row in rows:
        fruitless, resolutions = tries.get(row.number, (0, 0))
        failed_at, error = errors.get(row.number, (0.0, ""))
        yield PullRequest(
            number=row.number,
            item=row.item,
            state=row.state,
            base=row.base,
            head=row.head,
            certified=row.certified,
            verdicts=tuple(given.get(row.number, ())),
            tries=fruitless,
            attempt=row.attempt,
            resolutions=resolutions,
            rung=row.rung,
            failed_at=failed_at,
            error=error,
        )


def _count_tries(transaction: Transaction, numbers: Collection[int]) -> Mapping[int, tuple[int, int]]:
    """By pull request: jobs of it that failed to give an answer or lost their worker; tries of resolvers.

    Those from before a person's last word on it do not count.
    """
    return {row[0]: (row[1], row[2]) for row in select_among(transaction, _TRIES, jobs.c.pull_request, numbers)}


def _last_errors(transaction: Transaction, numbers: Collection[int]) -> Mapping[int, tuple[float, str]]:
    """When a job of a pull request broke last, and what it said, by number; only of some."""
    rows = select_among(transaction, _BROKEN, jobs.c.pull_request, numbers)
    return {row.pull_request: (row.ended_at, in_short(row.summary)) for row in rows}


def load_verdicts(transaction: Transaction, numbers: Collection[int] | None = None) -> Mapping[int, list[Verdict]]:
    """Verdicts in the order given by pull request, of all or of those with these `numbers`."""
    given: dict[int, list[Verdict]] = {}
    for row in select_among(transaction, _VERDICTS, verdicts.c.pull_request, numbers):
        verdict = Verdict(row.seat, row.decision, row.reasons, row.commit)
        given.setdefault(row.pull_request, []).append(verdict)
    return given


def load_modules(transaction: Transaction) -> dict[str, ModuleRecord]:
    """Modules of ``main`` as certified, by name."""
    rows = transaction.execute(select(modules))
    return {
        row.name: ModuleRecord(row.source_digest, row.interface_digest, cast("dict[str, str]", row.imports))
        for row in rows
    }
