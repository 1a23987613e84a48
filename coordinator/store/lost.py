"""Stores that were set aside: what can still be read of the jobs in them, however broken or old they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from coordinator.schedule.budget import Money
from coordinator.store.expenses import COSTLY, Expense

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST = 1e12
"""No dollars, tokens or seconds are so many: what is broken may say anything."""

_LAST = 1_000_000_000
"""No campaign has so many jobs."""

_TOLD = ("told_usd", "told_input_tokens", "told_output_tokens")
_STAGES = ("statement", "proof")


def read_lost(file: Path) -> tuple[list[Expense], bool]:
    """What a store that nobody writes tells of jobs that cost money, and whether it tells of all that it had.

    Nothing is changed in it; what cannot be read is left out.
    """
    found: list[Expense] = []
    address = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            _read(connection, found)  # what was read before it breaks off is kept
    except (sqlite3.Error, OverflowError):
        return found, False
    return found, True


def _read(connection: sqlite3.Connection, found: list[Expense]) -> None:
    items = {row["id"]: (row["label"], row["stage"]) for row in connection.execute("SELECT * FROM items")}
    for row in connection.execute("SELECT * FROM jobs ORDER BY id"):
        told = dict(zip(row.keys(), row, strict=True))
        if told.get("kind") in COSTLY:
            expense = _expense(told, *items.get(told["item"], ("", "")))
            if expense is None:
                raise sqlite3.DatabaseError
            found.append(expense)


def _expense(told: Mapping[str, Any], label: object, stage: object) -> Expense | None:
    """What a row tells; ``None`` where that makes no sense.

    Of a job that was under way both is told: what it was allowed to spend, and what it had spent.
    """
    is_over = told.get("state") == "ended"
    names = ("cost_usd", "input_tokens", "output_tokens") if is_over else ("cap_usd", "cap_tokens", "")
    amounts = [_amount(told.get(name)) for name in (*names, *_TOLD, "number", "sent_at", "ended_at")]
    job = told.get("id")
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts) or not isinstance(job, int) or not 0 < job < _LAST or not isinstance(label, str):
        return None
    usd, read, written, told_usd, told_read, told_written, number, sent_at, ended_at = known
    return Expense(
        job,
        str(told["kind"]),
        label,
        str(stage) if stage in _STAGES else "",
        int(number),
        sent_at,
        ended_at if is_over else None,
        str(told.get("ending", "")),
        usd,
        int(read),
        int(written),
        is_reckoned=not is_over,
        told=Money(told_usd, told_read + told_written),
    )


def _amount(value: object) -> float | None:
    """A number that is not negative, 0 for none; ``None`` for what is no such number."""
    if value is None:
        return 0.0
    return value if isinstance(value, int | float) and 0 <= value < _MOST else None
