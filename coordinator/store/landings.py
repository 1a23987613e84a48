"""Landings in the store, and what is certified of the modules of ``main``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from coordinator.store.schema import items, landings, modules, pull_requests
from coordinator.store.store import set_meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.queue import ModuleRecord
    from coordinator.store.store import Transaction


def intend_landing(transaction: Transaction, number: int, before: str, after: str, now: float) -> None:
    """Writes down a landing before the ref moves, so that a coordinator that dies in between is understood."""
    row = insert(landings).values(pull_request=number, before=before, after=after, state="intended", at=now)
    transaction.execute(row)


def abandon_landing(transaction: Transaction, after: str) -> None:
    """Forgets a landing that did not happen."""
    transaction.execute(delete(landings).where(landings.c.after == after, landings.c.state == "intended"))


def intended_landings(transaction: Transaction) -> list[tuple[int, str]]:
    """Landings written down and not finished: pull request and commit."""
    rows = transaction.execute(select(landings).where(landings.c.state == "intended").order_by(landings.c.id))
    return [(row.pull_request, row.after) for row in rows]


def finish_landing(transaction: Transaction, number: int, after: str, now: float) -> None:
    """``main`` moved to `after`: the request landed, its item is done, its modules are certified.

    Only what was joined with a certified tip lands, so that `after` is certified too.
    """
    request = transaction.execute(select(pull_requests).where(pull_requests.c.number == number)).one()
    transaction.execute(update(landings).where(landings.c.after == after).values(state="landed", at=now))
    transaction.execute(
        update(pull_requests)
        .where(pull_requests.c.number == number)
        .values(state="landed", landed_as=after, closed_at=now)
    )
    transaction.execute(
        update(items)
        .where(items.c.id == request.item)
        .values(state="landed", lock=request.lock, axioms=request.axioms, assumes=request.assumes, reason="")
    )
    _upsert_modules(transaction, request.modules)
    set_meta(transaction, "main", after)
    set_meta(transaction, "certified", after)
    transaction.log("landed", now, pull_request=number, item=request.item, commit=after)


def replace_modules(transaction: Transaction, records: Mapping[str, ModuleRecord]) -> None:
    """Sets what is certified of ``main`` to `records`."""
    transaction.execute(delete(modules))
    _upsert_modules(transaction, module_rows(records))


def module_rows(records: Mapping[str, ModuleRecord]) -> dict[str, dict[str, Any]]:
    """Module records as JSON, by name."""
    return {
        name: {
            "source_digest": record.source_digest,
            "interface_digest": record.interface_digest,
            "imports": dict(record.imports),
        }
        for name, record in records.items()
    }


def _upsert_modules(transaction: Transaction, rows: Mapping[str, Mapping[str, Any]]) -> None:
    if not rows:
        return
    row = insert(modules)
    fresh = {name: row.excluded[name] for name in ("source_digest", "interface_digest", "imports")}
    transaction.execute(
        row.on_conflict_do_update(index_elements=["name"], set_=fresh),
        [{"name": name, **values} for name, values in rows.items()],
    )
