"""What jobs spend, in the store: told by their workers' heartbeats while they run, settled when they have ended.

What is settled is written as it becomes known, and again where a later report knows better. Each time the answer is
what is more, or less, than was written before; it goes into the event, so that the sum of the events is what was spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, update

from coordinator.store.rows import update_row
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents import Usage
    from coordinator.schedule.budget import Money
    from coordinator.store.transaction import Transaction

_TELL = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.state != "ended")
    .values(told_usd=bindparam("usd"), told_input_tokens=bindparam("input"), told_output_tokens=bindparam("output"))
)

NOTHING: Mapping[str, Any] = {"cost_usd": 0.0}
"""What an event says where nothing was spent."""


def note_told(transaction: Transaction, told: Mapping[int, Usage]) -> None:
    """Keeps what workers say that jobs have spent so far; of jobs that have ended, nothing.

    It is no event: as long as a job runs, all that it may spend is reserved for it.
    """
    rows = [
        {"job": job, "usd": used.cost_usd, "input": used.prompt_tokens, "output": used.output_tokens}
        for job, used in told.items()
    ]
    if rows:
        transaction.execute(_TELL, rows)


def settle(transaction: Transaction, row: Any, usage: Usage | None) -> Mapping[str, Any]:
    """Writes down what a job has spent, as its report says; returns what is new of it.

    A report that knows of no use at all, of an agent that is known to have used something, comes from a bench that
    broke: then what its heartbeats told counts.

    Args:
        transaction: of the store.
        row: the job's, as it was before the report.
        usage: what the report says; ``None`` where it is of no agent.
    """
    if usage is None:
        return NOTHING
    if not (usage.cost_usd or usage.prompt_tokens or usage.output_tokens):
        return NOTHING if row.state == "ended" else _settle(transaction, row, *_told(row))
    return _settle(transaction, row, usage.cost_usd, usage.prompt_tokens, usage.output_tokens, usage.retries)


def settle_lost(transaction: Transaction, row: Any, call: Money) -> Mapping[str, Any]:
    """Writes down what a job has spent whose worker went away; returns what is new of it.

    That is what its heartbeats told. A worker that took it and never told was in the first call, as far as is known.

    Args:
        transaction: of the store.
        row: the job's.
        call: what the dearest single call may be expected to cost.
    """
    if row.state == "running" and row.told_usd is None:
        tokens = call.finite.tokens if row.cap_tokens is None else min(call.tokens, row.cap_tokens)
        return _settle(transaction, row, min(call.usd, row.cap_usd), int(tokens), 0)
    return _settle(transaction, row, *_told(row))


def settle_stopped(transaction: Transaction, row: Any) -> Mapping[str, Any]:
    """Writes down what a job has spent so far whose worker is told to stop; that will report the rest."""
    return _settle(transaction, row, *_told(row))


def _told(row: Any) -> tuple[float, int, int]:
    return row.told_usd or 0.0, row.told_input_tokens or 0, row.told_output_tokens or 0


def _settle(
    transaction: Transaction, row: Any, usd: float, read: int, written: int, retries: int = 0
) -> Mapping[str, Any]:
    new = {
        "cost_usd": usd - row.cost_usd,
        "input_tokens": read - row.input_tokens,
        "output_tokens": written - row.output_tokens,
    }
    if not any(new.values()):
        return NOTHING
    update_row(transaction, jobs, row.id, cost_usd=usd, input_tokens=read, output_tokens=written, retries=retries)
    return new
