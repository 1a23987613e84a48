"""Jobs in the store: sent, taken by a worker, ended, lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from coordinator.schedule.budget import UNLIMITED
from coordinator.schedule.retrying import Cause
from coordinator.store.items import fail, forgive
from coordinator.store.moves import DROP_BATCH, END, LOSE, SEND, TAKE, make_move, move_those
from coordinator.store.rows import insert_row, read_row
from coordinator.store.schema import batches, jobs
from coordinator.store.spending import NOTHING, settle, settle_lost, settle_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents import Usage
    from coordinator.campaign.settings import RetrySettings
    from coordinator.schedule.budget import Money
    from coordinator.schedule.state import JobKind
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import AuditEnded, BuildEnded, JointEnded


def send_job(
    transaction: Transaction,
    kind: JobKind,
    *,
    now: float,
    lease_seconds: float,
    base: str,
    item: int | None = None,
    pull_request: int | None = None,
    number: int = 1,
    cap_usd: float = 0.0,
    cap_tokens: int | None = None,
    model: str = "",
) -> int:
    """Records a job that is about to be sent, and returns its id."""
    job = insert_row(
        transaction,
        jobs,
        kind=kind,
        item=item,
        pull_request=pull_request,
        number=number,
        model=model,
        state=SEND.target,
        lease_until=now + lease_seconds,
        base=base,
        cap_usd=cap_usd,
        cap_tokens=cap_tokens,
        sent_at=now,
    )
    transaction.log(f"{kind}_sent", now, job=job, item=item, pull_request=pull_request, number=number)
    return job


def take_jobs(transaction: Transaction, worker: str, taken: Sequence[int], now: float) -> None:
    """Notes that a worker holds jobs; those already lost stay lost."""
    for job in move_those(transaction, TAKE, taken, worker=worker):
        transaction.log("taken", now, job=job, worker=worker)


def reap_job(
    transaction: Transaction, job: int, now: float, *, blame: RetrySettings | None, call: Money = UNLIMITED
) -> None:
    """Takes back a lease.

    An attempt lost with its worker does not count against its item when the campaign stopped or restarted its workers
    (`blame` is none) or no worker ever took it (all were busy); when the worker died over it, it is a failure, with
    what follows from it under the rules `blame`. Other jobs that a worker died over end as ``lost``, which counts:
    they may be what kills the workers. What a joint build was to build is joined anew, unless it is such a one.
    A worker that took an agent's job and never told what it used is taken to have made one `call`, if its cap allows.
    """
    row = read_row(transaction, jobs, job)
    if row is None or row.state == "ended":
        return
    suspect = blame is not None and row.state == "running"
    ending = "lost" if suspect and row.kind != "attempt" else "expired"
    said = "The worker went away." if row.state == "running" else "No worker took it."
    _take_back(transaction, "lease_lost", row, ending, said, settle_lost(transaction, row, call), now)
    if row.kind == "attempt":
        if blame is not None and suspect:
            fail(transaction, row.item, Cause.WORKER, "The worker went away during the attempt.", blame, now)
        else:
            forgive(transaction, row.item)
    elif row.kind == "joint" and not (suspect and move_those(transaction, LOSE, [job])):
        drop_batch(transaction, job)


def drop_batch(transaction: Transaction, job: int) -> None:
    """Forgets what a job was to build joined, where nobody answers for it: its members wait again."""
    transaction.execute(delete(batches).where(batches.c.job == job, batches.c.state.in_(DROP_BATCH.sources)))


def ending_of(report: BuildEnded | JointEnded | AuditEnded, answered: str) -> str:
    """How a job of the builders ended: as `answered`, or without an answer."""
    if report.cancelled:
        return "cancelled"
    return "failed" if report.error else answered


def revoke_job(transaction: Transaction, job: int, why: str, now: float) -> None:
    """Takes back the lease of a job that nobody wants any more. It does not count against its item; its money does."""
    row = read_row(transaction, jobs, job)
    if row is None or row.state == "ended":
        return
    _take_back(transaction, "revoked", row, "revoked", why, settle_stopped(transaction, row), now)
    if row.kind == "attempt":
        forgive(transaction, row.item)


def claim_end(transaction: Transaction, job: int, ending: str, summary: str, usage: Usage | None, now: float) -> Any:
    """Ends a job and returns its row, or ``None`` when its lease was lost before. Money counts either way.

    What a late report says counts for the hour in which the lease was lost, as what was known of it before does.
    """
    row = read_row(transaction, jobs, job)
    if row is None:
        return None
    spent = settle(transaction, row, usage)
    if row.state == "ended":
        if spent is not NOTHING:
            about = {"of": row.kind, "item": row.item, "number": row.number}
            times = {"sent_at": row.sent_at, "ended_at": row.ended_at}
            transaction.log("late_report", now, job=job, **about, **times, **spent)
        return None
    _end(transaction, job, ending, summary, now)
    subject = {"item": row.item, "pull_request": row.pull_request, "number": row.number}
    transaction.log(f"{row.kind}_ended", now, job=job, ending=ending, **subject, **spent)
    return row


def _take_back(
    transaction: Transaction, event: str, row: Any, ending: str, said: str, spent: Mapping[str, Any], now: float
) -> None:
    _end(transaction, row.id, ending, said, now)
    subject = {"item": row.item, "pull_request": row.pull_request, "number": row.number}
    transaction.log(event, now, job=row.id, of=row.kind, ending=ending, **subject, **spent)


def _end(transaction: Transaction, job: int, ending: str, summary: str, now: float) -> None:
    make_move(transaction, END, job, ending=ending, summary=summary, ended_at=now)
