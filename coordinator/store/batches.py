"""Joint builds in the store: several branches joined with ``main`` and certified at once.

A batch goes with the job that builds it, and is dropped with it when nobody answers for that: the members wait again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from coordinator.queue import Batch, Member, Source, Standing
from coordinator.queue.records import WINDOW
from coordinator.store.certificates import keep_certificates
from coordinator.store.jobs import claim_end, drop_batch, ending_of
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.landings import module_rows
from coordinator.store.moves import BREAK, JOIN, LOSE, PASS, SETTLE, make_move, may_move
from coordinator.store.rows import insert_row, read_row, update_row
from coordinator.store.schema import batches, pull_requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import JointEnded, JointVerdict

_WINDOW = "queue_window"


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch with what the queue does not need to know of it.

    Attributes:
        batch: as the queue sees it.
        commit: all members joined.
        refusals: why the gate refuses members, by number: a module or path and a sentence each.
        follows: members that each was judged on top of, by number.
    """

    batch: Batch
    commit: str
    refusals: Mapping[int, Sequence[tuple[str, str]]]
    follows: Mapping[int, Sequence[int]]


def start_batch(
    transaction: Transaction,
    job: int,
    tip: str,
    commit: str,
    members: Mapping[Member, Sequence[int]],
    before: Mapping[str, str],
) -> None:
    """Writes down that a job, sent in the same transaction, builds these members joined with `tip`.

    Args:
        transaction: of the store.
        job: the job.
        tip: the commit they are joined with.
        commit: what came of it.
        members: in the order they are joined, with the numbers of those that each follows.
        before: digests of the tip's own sources of the modules they change.
    """
    insert_row(
        transaction,
        batches,
        job=job,
        state=JOIN.target,
        tip=tip,
        commit=commit,
        members=[[each.number, each.head, list(follows)] for each, follows in members.items()],
        before=dict(before),
    )


def end_joint(transaction: Transaction, report: JointEnded, now: float) -> bool:
    """Applies what a builder found of a batch: certificates, and the gate's answer to each member it still waits.

    What follows for the others is the queue's to say. Answers ``False`` when the job's lease was lost before.
    """
    green = not report.failures and not report.error and all(each.accepted for each in report.verdicts)
    ending = ending_of(report, "accepted" if green else "refused")
    row = claim_end(transaction, report.job, ending, report.error, None, now)
    stored = read_row(transaction, batches, report.job) if row is not None else None
    if stored is None:
        return row is not None
    if report.cancelled:
        drop_batch(transaction, report.job)
        return True
    if report.error:
        make_move(transaction, LOSE, report.job)
        return True
    keep_certificates(transaction, report.modules)
    keep_certificates(transaction, report.broken, report.failures)
    heads = {number: (head, follows) for number, head, follows in stored.members}
    for verdict in report.verdicts:
        keep_certificates(transaction, verdict.modules)
        if verdict.accepted:
            _accept(transaction, verdict, *heads[verdict.number], stored.tip, now)
    complete = len(report.verdicts) == len(heads)
    make_move(
        transaction,
        PASS if green and complete else BREAK,
        report.job,
        sources=_sources(report),
        failures=dict(report.failures),
        refusals={str(each.number): list(each.reasons) for each in report.verdicts if not each.accepted},
    )
    return True


def _accept(
    transaction: Transaction, verdict: JointVerdict, head: str, follows: Sequence[int], tip: str, now: float
) -> None:
    """Takes the gate's answer to a member in the place of the one there was, if it still waits as it was built."""
    row = read_row(transaction, pull_requests, verdict.number)
    if row is None or row.state != "approved" or (row.joined or row.head) != head:
        return
    update_row(
        transaction,
        pull_requests,
        verdict.number,
        certified=tip,
        lock=verdict.lock,
        axioms=list(verdict.axioms),
        assumes=list(verdict.assumes),
        modules=module_rows(verdict.modules),
        follows=list(follows),
    )
    transaction.log("certified", now, pull_request=verdict.number, tip=tip)


def _sources(report: JointEnded) -> dict[str, list[Any]]:
    """The modules of the joined state that are not the tip's: digest of the source, and what it imports."""
    known = {**report.modules, **report.broken}
    return {name: [record.source_digest, list(record.imports)] for name, record in known.items()} | {
        name: ["", []] for name in report.gone
    }


def settle_batch(
    transaction: Transaction, job: int, window: int, standings: Mapping[int, Standing], now: float
) -> None:
    """Draws a line under a build: forgets the batch, and keeps what it taught about its members."""
    if may_move(transaction, SETTLE, job):
        transaction.execute(delete(batches).where(batches.c.job == job))
        transaction.log("batch_settled", now, job=job, window=window)
    set_meta(transaction, _WINDOW, window)
    for number, standing in standings.items():
        update_row(transaction, pull_requests, number, standing=asdict(standing))


def load_batches(transaction: Transaction) -> list[StoredBatch]:
    """Builds under way, and those that ended and are not settled."""
    rows = transaction.execute(select(batches).order_by(batches.c.job))
    return [
        StoredBatch(
            Batch(
                id=row.job,
                members=tuple(Member(number, head) for number, head, _ in row.members),
                tip=row.tip,
                sources={name: Source(digest, tuple(imports)) for name, (digest, imports) in row.sources.items()},
                before=row.before,
                state=row.state,
                failures=row.failures,
            ),
            row.commit,
            {int(number): [(place, said) for place, said in reasons] for number, reasons in row.refusals.items()},
            {number: follows for number, _, follows in row.members},
        )
        for row in rows
    ]


def batch_jobs(transaction: Transaction) -> Sequence[int]:
    """The jobs of all builds that are under way, or ended and not settled."""
    return transaction.execute(select(batches.c.job)).scalars().all()


def load_window(transaction: Transaction) -> int:
    """The most branches that one build may hold now."""
    return int(get_meta(transaction, _WINDOW, WINDOW))
