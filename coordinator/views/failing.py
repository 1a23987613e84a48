"""What was given up, keeps failing or broke ``main``, and why: what `blueprover failures` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.store.audits import read_culprit
from coordinator.store.rows import read_row
from coordinator.store.schema import failures, items, jobs
from coordinator.store.steering import last_causes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint import Stage
    from coordinator.store.transaction import Transaction


AUDIT = "audit"
"""The cause of one that landed, and was found to have broken ``main``."""


@dataclass(frozen=True, slots=True)
class Failing:
    """An item that was given up, or whose last attempt failed, or that broke ``main``.

    Attributes:
        given_up: whether no other attempt will be made.
        attempts: that were made.
        summary: what the last one left.
    """

    label: str
    stage: Stage
    given_up: bool
    attempts: int
    cause: str
    summary: str


def failing_items(transaction: Transaction, cause: str = "") -> list[Failing]:
    """Items that were given up, keep failing or broke ``main`` (for one `cause`, or any), by cause, given up first."""
    causes = last_causes(transaction)
    made = select(func.count()).where(jobs.c.item == items.c.id, jobs.c.kind == "attempt").scalar_subquery()
    last = (
        select(failures.c.reason)
        .where(failures.c.item == items.c.id, failures.c.final == 0)
        .order_by(failures.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = transaction.execute(
        select(items.c.id, items.c.label, items.c.stage, items.c.state, made.label("attempts"), last.label("summary"))
        .where(items.c.state.in_(("failed", "open")))
        .order_by(items.c.id)
    )
    found = [
        Failing(row.label, row.stage, row.state == "failed", row.attempts, causes.get(row.id, ""), row.summary or "")
        for row in rows
        if row.state == "failed" or row.id in causes
    ]
    chosen = [each for each in (*found, *_culprits(transaction)) if not cause or each.cause == cause]
    return sorted(chosen, key=lambda each: (each.cause, not each.given_up))


def _culprits(transaction: Transaction) -> Iterator[Failing]:
    """What landed and was found to have broken ``main``, while ``main`` has passed no audit since."""
    culprit = read_culprit(transaction)
    if culprit is None:
        return
    row = read_row(transaction, items, culprit.item)
    if row is None:
        return
    made = select(func.count()).where(jobs.c.item == row.id, jobs.c.kind == "attempt")
    words = (
        f"Landing {culprit.landing} (pull request {culprit.pull_request}, {culprit.commit[:10]}) broke main, though "
        f"every certificate held: {culprit.problem}"
    )
    attempts = transaction.execute(made).scalar_one()
    yield Failing(row.label, row.stage, given_up=False, attempts=attempts, cause=AUDIT, summary=words)
