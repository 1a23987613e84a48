"""What the store knows of attempts that ended: the lessons that forecasts are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.schedule.experience import Lesson, traits_of
from coordinator.store.schema import items, jobs, pull_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint import Blueprint
    from coordinator.store.store import Transaction

_TELLING = ("submitted", "gave_up", "limit", "failed")
"""Endings that say something of the item and the agent; the others were brought about by somebody else."""


def read_lessons(transaction: Transaction, blueprint: Blueprint, model: str) -> Iterator[Lesson]:
    """Every attempt that landed or came to nothing, in the order in which they were sent.

    One that proposed something counts from when that landed or came back, with the cost of its reviews. Attempts at
    nodes that the book does not have any more are left out.

    Args:
        transaction: to the store.
        blueprint: the book as it is now, which says what the attempts were at.
        model: that made them.
    """
    reviewed = (
        select(jobs.c.pull_request, func.sum(jobs.c.cost_usd).label("cost_usd"))
        .where(jobs.c.kind == "review")
        .group_by(jobs.c.pull_request)
        .subquery()
    )
    rows = transaction.execute(
        select(
            items.c.label,
            items.c.stage,
            jobs.c.number,
            jobs.c.sent_at,
            pull_requests.c.state,
            func.coalesce(pull_requests.c.closed_at, jobs.c.ended_at).label("over_at"),
            (jobs.c.cost_usd + func.coalesce(reviewed.c.cost_usd, 0.0)).label("cost_usd"),
        )
        .join(items, items.c.id == jobs.c.item)
        .join(pull_requests, pull_requests.c.job == jobs.c.id, isouter=True)
        .join(reviewed, reviewed.c.pull_request == pull_requests.c.number, isouter=True)
        .where(jobs.c.kind == "attempt", jobs.c.state == "ended", jobs.c.ending.in_(_TELLING))
        .where(pull_requests.c.state.is_(None) | pull_requests.c.state.in_(("landed", "bounced")))
        .order_by(jobs.c.id)
    )
    for row in rows:
        node = blueprint.by_label.get(row.label)
        if node is not None:
            traits = traits_of(node, row.stage, row.number - 1, model)
            yield Lesson(traits, row.state == "landed", row.cost_usd, row.over_at - row.sent_at)
