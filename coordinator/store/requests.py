"""Pull requests in the store: opened, certified, approved, sent back to the builders or to their item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.schedule.retrying import Cause
from coordinator.store.certificates import keep_certificates
from coordinator.store.items import add_feedback, fail
from coordinator.store.landings import module_rows
from coordinator.store.moves import APPROVE, BOUNCE, CERTIFY, CONFLICT, OPEN, RECHECK, make_move
from coordinator.store.portable import count_on
from coordinator.store.resolving import RUNG, read_counting_tries
from coordinator.store.rows import insert_row, read_row, select_among, update_row
from coordinator.store.schema import pull_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.campaign.settings import RetrySettings
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import AttemptEnded, BuildEnded

CAUSES = {
    "reviewer": Cause.REVIEW,
    "checker": Cause.LEAN,
    "merge": Cause.CONFLICT,
    "infrastructure": Cause.INFRASTRUCTURE,
}
"""Cause of a failure, by who sent a pull request back."""

_JOINS = select(pull_requests.c.number, pull_requests.c.rung, pull_requests.c.joined, pull_requests.c.authored)

_CLOSED_AT_MOST = 20
"""Issues that one landing may close."""


@dataclass(frozen=True, slots=True)
class Joined:
    """How a pull request was joined with ``main``.

    Attributes:
        rung: of the ladder that did it; ``git`` for the lowest.
        commit: what came of it above that rung: it lands in the place of the branch. Empty where git did it.
    """

    rung: str = "git"
    commit: str = ""


def open_request(
    transaction: Transaction, job: Any, report: AttemptEnded, now: float, known_as: int | None = None
) -> int:
    """Opens a pull request for what an attempt submitted, and returns its number.

    Args:
        transaction: of the store.
        job: the attempt's row.
        report: of the attempt.
        now: seconds since the epoch.
        known_as: number that it has already, elsewhere; the next one when left out.
    """
    number = insert_row(
        transaction,
        pull_requests,
        **({} if known_as is None else {"number": known_as}),
        item=job.item,
        job=job.id,
        state=OPEN.target,
        base=job.base,
        head=report.head,
        summary=report.summary,
        closes=list(report.closes[:_CLOSED_AT_MOST]),
        opened_at=now,
    )
    if known_as is not None:
        count_on(transaction.connection, pull_requests)
    about = {"item": job.item, "job": job.id, "number": job.number}
    transaction.log("pull_request_opened", now, pull_request=number, head=report.head, **about)
    return number


def certify(transaction: Transaction, number: int, tip: str, report: BuildEnded, now: float) -> None:
    """Keeps what the builders certified of a pull request joined with `tip`, and hands it to the reviewers."""
    make_move(
        transaction,
        CERTIFY,
        number,
        certified=tip,
        lock=report.lock,
        axioms=list(report.axioms),
        assumes=list(report.assumes),
        modules=module_rows(report.modules),
        reason="",
        standing={},
        follows=[],
    )
    keep_certificates(transaction, report.modules)
    transaction.log("certified", now, pull_request=number, tip=tip)


def note_joins(transaction: Transaction, joins: Mapping[int, Joined], now: float) -> None:
    """Keeps how pull requests were joined with ``main``, by their numbers: the highest rung that each needed."""
    for row in list(select_among(transaction, _JOINS, pull_requests.c.number, joins)):
        joined = joins[row.number]
        if row.authored:
            joined = replace(joined, rung=RUNG)
        if joined != Joined(row.rung, row.joined):
            update_row(transaction, pull_requests, row.number, rung=joined.rung, joined=joined.commit)
            transaction.log("joined", now, pull_request=row.number, rung=joined.rung, commit=joined.commit)


def approve(transaction: Transaction, number: int, now: float) -> None:
    """Puts a reviewed pull request into the merge queue."""
    make_move(transaction, APPROVE, number)
    transaction.log("approved", now, pull_request=number)


def recheck(transaction: Transaction, number: int, now: float) -> None:
    """Sends a pull request back to the builders: ``main`` moved below its certificates."""
    make_move(transaction, RECHECK, number)
    transaction.log("recheck", now, pull_request=number)


def bounce(transaction: Transaction, number: int, source: str, reason: str, retry: RetrySettings, now: float) -> None:
    """Sends a pull request back to its item, with the reasons for the next attempt to read.

    Where resolvers have tried to join it with ``main``, what became of their tries is added.
    """
    row = read_row(transaction, pull_requests, number)
    if row is not None and row.state == CONFLICT.target:
        reason = "\n\n".join((row.reason, reason, *read_counting_tries(transaction, number)))
    if not make_move(transaction, BOUNCE, number, reason=reason, closed_at=now) or row is None:
        return
    if source != "infrastructure":
        add_feedback(transaction, row.item, source, reason, now)
    fail(transaction, row.item, CAUSES[source], reason, retry, now)
    transaction.log("bounced", now, pull_request=number, item=row.item, source=source)
