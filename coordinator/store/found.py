"""Landings that ``main``'s history tells and the store does not know: an older one was put in the store's place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select

from agents import Usage
from coordinator.store.issues import close_issues
from coordinator.store.jobs import claim_end, send_job
from coordinator.store.moves import FIND_LANDED, FINISH, INTEND, LAND_ITEM, make_move, may_move
from coordinator.store.requests import open_request
from coordinator.store.rows import read_row, update_row
from coordinator.store.schema import issues, items, jobs, landings, pull_requests
from coordinator.store.withdrawal import supersede_work
from coordinator.work.reports import AttemptEnded

if TYPE_CHECKING:
    from coordinator.store.transaction import Transaction


_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class FoundLanding:
    """A landing as its commit tells it.

    Attributes:
        before: where ``main`` was.
        commit: with which it moved.
        branch: the commit that was joined with ``main``.
        label: of the node.
        stage: of the node.
        request: number that its pull request had.
        summary: what was said of it.
        lock: meaning digest of what landed.
        axioms: that it rests on.
        assumes: open declarations that it rests on.
        closes: numbers of the issues that it closes.
        attempt: which attempt at its item it was.
        cost_usd: dollars that it cost with its reviews.
    """

    before: str
    commit: str
    branch: str
    label: str
    stage: str
    request: str
    summary: str = ""
    lock: str = ""
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    closes: tuple[int, ...] = ()
    attempt: int = 1
    cost_usd: float = 0.0


def take_up_landing(transaction: Transaction, found: FoundLanding, now: float) -> bool:
    """Takes note of a landing: its item is done, its money is spent, and nobody works on it any more.

    Returns:
        Whether it is news: the store has an item that it is the landing of, and which had not landed.
    """
    here = items.c.label == found.label, items.c.stage == found.stage
    item = transaction.execute(select(items.c.id).where(*here)).scalar_one_or_none()
    if item is None or not may_move(transaction, LAND_ITEM, item):
        return False
    number = _request_of(transaction, item, found) or _make_request(transaction, item, found, now)
    make_move(transaction, FIND_LANDED, number, landed_as=found.commit, closed_at=now)
    row = insert(landings).values(
        pull_request=number, before=found.before, after=found.commit, state=INTEND.target, at=now
    )
    transaction.execute(row)
    make_move(transaction, FINISH, found.commit, at=now)
    told = {"lock": found.lock, "axioms": list(found.axioms), "assumes": list(found.assumes), "reason": ""}
    make_move(transaction, LAND_ITEM, item, **told)
    transaction.log("landed", now, pull_request=number, item=item, commit=found.commit)
    supersede_work(transaction, item, number, now)
    _close_issues(transaction, found, now)
    return True


def _request_of(transaction: Transaction, item: int, found: FoundLanding) -> int | None:
    """The pull request that landed, where the store has it."""
    is_its = or_(pull_requests.c.head == found.branch, pull_requests.c.joined == found.branch)
    is_open = pull_requests.c.state.in_(FIND_LANDED.sources)
    known = select(pull_requests.c.number).where(pull_requests.c.item == item, is_its, is_open)
    return transaction.execute(known).scalars().first()


def _make_request(transaction: Transaction, item: int, found: FoundLanding, now: float) -> int:
    """Makes up for a pull request that the store has never heard of, or forgot, and for its attempt."""
    job = _taken_up(transaction, item, found)
    if job is not None:
        return _request_for(transaction, job, found, now)
    told: dict[str, Any] = {"base": found.before, "item": item, "number": found.attempt}
    job = send_job(transaction, "attempt", now=now, lease_seconds=0.0, **told)
    usage = Usage(cost_usd=found.cost_usd)
    report = AttemptEnded(job, "submitted", found.summary, usage, found.branch, closes=found.closes)
    row = claim_end(transaction, job, report.ending, report.summary, usage, now)
    return open_request(transaction, row, report, now, _number_of(transaction, found))


def _taken_up(transaction: Transaction, item: int, found: FoundLanding) -> Any:
    """The attempt, where its cost was found in another place before (see `expenses`); ``None`` where it was not."""
    proposed = select(pull_requests.c.job)
    its = jobs.c.kind == "attempt", jobs.c.item == item, jobs.c.number == found.attempt, jobs.c.state == "ended"
    return transaction.execute(select(jobs).where(*its, jobs.c.id.not_in(proposed))).first()


def _request_for(transaction: Transaction, job: Any, found: FoundLanding, now: float) -> int:
    """Makes up for the pull request of an attempt that was taken up.

    The landing tells what the attempt cost with its reviews, some of which may have been taken up as well.
    """
    others = jobs.c.item == job.item, jobs.c.kind != "attempt", jobs.c.pull_request.is_(None)
    known = transaction.execute(select(func.coalesce(func.sum(jobs.c.cost_usd), 0.0)).where(*others)).scalar_one()
    if found.cost_usd - known > job.cost_usd:
        usage = Usage(job.input_tokens, job.output_tokens, cost_usd=found.cost_usd - known)
        claim_end(transaction, job.id, "submitted", found.summary, usage, now)
    update_row(transaction, jobs, job.id, ending="submitted", summary=found.summary, base=found.before)
    report = AttemptEnded(job.id, "submitted", found.summary, Usage(), found.branch, closes=found.closes)
    row = read_row(transaction, jobs, job.id)
    return open_request(transaction, row, report, now, _number_of(transaction, found))


def _number_of(transaction: Transaction, found: FoundLanding) -> int | None:
    """The number that its pull request had, by which the history of ``main`` names it; ``None`` where it is taken."""
    if not _NUMBER.fullmatch(found.request):
        return None
    number = int(found.request)
    return number if read_row(transaction, pull_requests, number) is None else None


def _close_issues(transaction: Transaction, found: FoundLanding, now: float) -> None:
    of_node = issues.c.number.in_(found.closes), issues.c.label == found.label
    named = transaction.execute(select(issues.c.number).where(*of_node)).scalars().all()
    close_issues(transaction, named, f"pull request {found.request}", now)
