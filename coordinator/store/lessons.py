"""What the store knows of attempts that ended: the lessons that forecasts are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.schedule.experience import Lesson, traits_of
from coordinator.store.schema import items, jobs, pull_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from blueprint import Blueprint
    from coordinator.store.transaction import Transaction

TELLING = ("submitted", "gave_up", "limit", "failed")
"""Endings that say something of the item and the agent; the others were brought about by somebody else."""


def read_lessons(
    transaction: Transaction, blueprint: Blueprint, model: str, only: Collection[int] | None = None
) -> Iterator[Lesson]:
    """Every attempt that landed or came to nothing, in the order in which they were sent.

    One that proposed something counts from when that landed or came back, with the cost of its reviews. Left out are
    attempts at nodes that the book does not have any more, and those whose proposal was withdrawn, or that were revoked
    themselves: they were brought to an end by others.

    Args:
        transaction: of the store.
        blueprint: the book as it is now, which says what the attempts were at.
        model: that made those of which the store does not say.
        only: jobs of the attempts that are asked for; all when left out.
    """
    reviews = jobs.alias("reviews")
    reviewed = (
        select(func.coalesce(func.sum(reviews.c.cost_usd), 0.0))
        .where(reviews.c.pull_request == pull_requests.c.number, reviews.c.kind == "review")
        .scalar_subquery()
    )
    attempts = (
        select(
            items.c.label,
            items.c.stage,
            jobs.c.number,
            jobs.c.model,
            jobs.c.sent_at,
            pull_requests.c.state,
            func.coalesce(pull_requests.c.closed_at, jobs.c.ended_at).label("over_at"),
            (jobs.c.cost_usd + reviewed).label("cost_usd"),
        )
        .join(items, items.c.id == jobs.c.item)
        .join(pull_requests, pull_requests.c.job == jobs.c.id, isouter=True)
        .where(jobs.c.kind == "attempt", jobs.c.state == "ended", jobs.c.ending.in_(TELLING))
        .where(pull_requests.c.state.is_(None) | pull_requests.c.state.in_(("landed", "bounced")))
        .order_by(jobs.c.id)
    )
    for row in transaction.execute(attempts if only is None else attempts.where(jobs.c.id.in_(sorted(only)))):
        node = blueprint.by_label.get(row.label)
        if node is not None:
            traits = traits_of(node, row.stage, row.number - 1, row.model or model)
            yield Lesson(traits, row.state == "landed", row.cost_usd, row.over_at - row.sent_at)


def attempts_over(transaction: Transaction) -> set[int]:
    """Jobs of the attempts that landed or came to nothing in a transaction, by the events it logged."""
    events = transaction.events
    ended = {
        event.data["job"]
        for event in events
        if event.kind == "attempt_ended" and event.data["ending"] in TELLING and event.data["ending"] != "submitted"
    }
    closed = {event.data["pull_request"] for event in events if event.kind in {"landed", "bounced"}}
    if closed:
        ended |= set(
            transaction.execute(select(pull_requests.c.job).where(pull_requests.c.number.in_(closed))).scalars()
        )
    return ended
