"""Items in the store: made, tried in vain, put off, given up, and what the next attempt is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert

from coordinator.schedule.state import stages_of
from coordinator.store.schema import failures, feedback, items, jobs

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.campaign.settings import RetrySettings
    from coordinator.store.store import Transaction

_LONGEST_BACKOFF = 600.0


def seed_items(transaction: Transaction, blueprint: Blueprint) -> None:
    """Makes the work items of a blueprint that the store does not have yet."""
    rows = [
        {"label": node.label, "stage": stage, "state": "open"}
        for node in blueprint.nodes
        if not node.marks.notready
        for stage in stages_of(node)
    ]
    if rows:
        transaction.execute(insert(items).on_conflict_do_nothing(), rows)


def give_up(transaction: Transaction, item: int, now: float) -> None:
    """Marks an item failed, with the last reason it has."""
    last = transaction.execute(
        select(failures).where(failures.c.item == item).order_by(failures.c.id.desc()).limit(1)
    ).first()
    reason = last.reason if last else "It used up its attempts."
    transaction.execute(update(items).where(items.c.id == item).values(state="failed", reason=reason))
    record_failure(transaction, item, "attempts", f"Out of attempts. The last one: {reason}", now, final=True)
    transaction.log("gave_up", now, item=item)


def forgive(transaction: Transaction, item: int, at_most: int | None = None) -> None:
    """Lets an attempt not count against its item, unless `at_most` attempts were forgiven before."""
    change = update(items).where(items.c.id == item).values(forgiven=items.c.forgiven + 1)
    transaction.execute(change if at_most is None else change.where(items.c.forgiven < at_most))


def add_feedback(transaction: Transaction, item: int, source: str, text: str, now: float) -> None:
    """Keeps what the next attempt at an item is to read."""
    transaction.execute(insert(feedback).values(item=item, source=source, text=text, at=now))


def record_failure(
    transaction: Transaction, item: int, cause: str, reason: str, now: float, *, final: bool = False
) -> None:
    """Keeps why an attempt at an item came to nothing; `final` when no other will be made."""
    transaction.execute(insert(failures).values(item=item, cause=cause, reason=reason, at=now, final=int(final)))


def back_off(transaction: Transaction, item: int, retry: RetrySettings, now: float) -> None:
    """Delays the item's next attempt: twice as long after each attempt."""
    attempts = select(func.count()).select_from(jobs).where(jobs.c.item == item, jobs.c.kind == "attempt")
    made = transaction.execute(attempts).scalar_one()
    delay = min(retry.backoff_seconds * 2 ** min(made - 1, 20), _LONGEST_BACKOFF)
    transaction.execute(update(items).where(items.c.id == item).values(not_before=now + delay))
