"""Items in the store: made, tried in vain, put off, given up, and what the next attempt is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from agents import Feedback
from coordinator.schedule.retrying import (
    Cause,
    Tally,
    cause_of,
    dead_letter,
    is_free,
    is_too_often,
    rules_of,
    wait_seconds,
)
from coordinator.schedule.state import stages_of
from coordinator.store.moves import GIVE_UP, REOPEN, SEED, make_move, move_those
from coordinator.store.portable import insert_missing
from coordinator.store.rows import insert_row, select_among, update_row
from coordinator.store.schema import failures, feedback, items, jobs

if TYPE_CHECKING:
    from collections.abc import Collection

    from blueprint import Blueprint
    from coordinator.campaign.settings import RetrySettings
    from coordinator.store.transaction import Transaction

_CAUSES = frozenset(Cause)
_FEEDBACK = select(feedback).order_by(feedback.c.id)


def seed_items(transaction: Transaction, blueprint: Blueprint) -> None:
    """Makes the work items of a blueprint that the store does not have yet."""
    known = {(label, stage) for label, stage in transaction.execute(select(items.c.label, items.c.stage))}
    rows = [
        {"label": node.label, "stage": stage, "state": SEED.target}
        for node in blueprint.nodes
        if not node.marks.notready
        for stage in stages_of(node)
        if (node.label, stage) not in known
    ]
    insert_missing(transaction.connection, items, rows)


def fail(transaction: Transaction, item: int, cause: Cause, said: str, retry: RetrySettings, now: float) -> None:
    """Keeps why an attempt came to nothing, and does what follows: see `retrying`.

    Whoever calls it logs an event that names the item.
    """
    rules = rules_of(retry)
    record_failure(transaction, item, cause, said, now)
    tally = load_tally(transaction, item)
    if is_free(tally, cause, rules):
        forgive(transaction, item)
    wait = wait_seconds(item, tally, cause, rules)
    update_row(transaction, items, item, not_before=now + wait)
    if is_too_often(tally, rules):
        give_up(transaction, item, now)


def load_tally(transaction: Transaction, item: int) -> Tally:
    """The failures of an item, without those that a person has set aside."""
    tally = Tally()
    counted = failures.c.item == item, failures.c.final == 0, failures.c.set_aside == 0
    rows = select(failures).where(*counted).order_by(failures.c.id)
    for row in transaction.execute(rows):
        tally = tally.after(Cause(row.cause) if row.cause in _CAUSES else cause_of(row.cause), row.reason)
    return tally


def give_up(transaction: Transaction, item: int, now: float, why: str = "") -> None:
    """Marks an item that is open as failed, with one sentence why, made of its failures.

    Where that is not why (there is no money left for it), `why` says so first.
    """
    tally = load_tally(transaction, item)
    reason = " ".join(filter(None, (why, dead_letter(tally) if tally.failures or not why else "")))
    if not move_those(transaction, GIVE_UP, [item], reason=reason):
        return
    record_failure(transaction, item, "attempts", reason, now, final=True)
    transaction.log("gave_up", now, item=item)


def reopen(transaction: Transaction, retry: RetrySettings, now: float) -> None:
    """Opens items that were given up and would not be under the rules as they are now."""
    rules = rules_of(retry)
    made = select(func.count()).where(jobs.c.item == items.c.id, jobs.c.kind == "attempt").scalar_subquery()
    rows = transaction.execute(select(items.c.id, made - items.c.forgiven).where(items.c.state == "failed"))
    for item, attempts in rows.all():
        if attempts < rules.max_attempts and not is_too_often(load_tally(transaction, item), rules):
            make_move(transaction, REOPEN, item, reason="")
            transaction.log("reopened", now, item=item)


def forgive(transaction: Transaction, item: int) -> None:
    """Lets an attempt not count against its item."""
    transaction.execute(update(items).where(items.c.id == item).values(forgiven=items.c.forgiven + 1))


def add_feedback(transaction: Transaction, item: int, source: str, text: str, now: float) -> None:
    """Keeps what the next attempt at an item is to read."""
    insert_row(transaction, feedback, item=item, source=source, text=text, at=now)


def read_feedback(transaction: Transaction, wanted: Collection[int]) -> dict[int | None, list[Feedback]]:
    """What the next attempts at items are to read, oldest first, by item; items without any are left out."""
    said: dict[int | None, list[Feedback]] = {}
    for row in select_among(transaction, _FEEDBACK, feedback.c.item, wanted):
        said.setdefault(row.item, []).append(Feedback(row.source, row.text))
    return said


def record_failure(
    transaction: Transaction, item: int, cause: str, reason: str, now: float, *, final: bool = False
) -> None:
    """Keeps why an attempt at an item came to nothing; `final` when no other will be made."""
    insert_row(transaction, failures, item=item, cause=cause, reason=reason, at=now, final=int(final))
