"""What was spent and is promised in all, read without the rest of what a decision depends on: for those who look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from coordinator.schedule.budget import Account, Cap, Money
from coordinator.schedule.purse import Purse
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from coordinator.store.transaction import Transaction

_EVERYTHING = Account(0, "", "")
_TOKENS = jobs.c.input_tokens + jobs.c.output_tokens
_SPENT = select(func.sum(jobs.c.cost_usd), func.sum(_TOKENS)).where(jobs.c.ended_at.is_not(None))
_PROMISED = select(jobs.c.id, jobs.c.cap_usd, jobs.c.cap_tokens).where(jobs.c.state != "ended").order_by(jobs.c.id)
_ENDED = select(jobs.c.ended_at, jobs.c.cost_usd, _TOKENS).where(or_(_TOKENS > 0, jobs.c.cost_usd > 0))


def load_purse(transaction: Transaction, hour_from: float | None) -> Purse:
    """What all jobs together have spent, and those that run are promised; not how much of it is whose.

    Args:
        transaction: of the store.
        hour_from: when the hour began that is asked about, in seconds since the epoch; ``None`` where none is.
    """
    purse = Purse()
    usd, tokens = transaction.execute(_SPENT).one()
    purse.carry(_EVERYTHING, Money(float(usd or 0), float(tokens or 0)))
    for row in transaction.execute(_PROMISED):
        if row.cap_usd or row.cap_tokens:
            purse.reserve(row.id, _EVERYTHING, Cap(row.cap_usd, row.cap_tokens).money)
    if hour_from is not None:
        ended = _ENDED.where(jobs.c.ended_at > hour_from).order_by(jobs.c.ended_at, jobs.c.id)
        purse.fill_hour((at, usd, float(used)) for at, usd, used in transaction.execute(ended))
    return purse
