"""Landings in the store, and what is certified of the modules of ``main``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from coordinator.errors import WrongMove
from coordinator.queue import ModuleRecord
from coordinator.store.issues import close_issues, closed_by_landing
from coordinator.store.kept import set_meta
from coordinator.store.moves import (
    ABANDON,
    FINISH,
    INTEND,
    LAND,
    LAND_AFTER_ALL,
    LAND_ITEM,
    make_move,
    require_move,
)
from coordinator.store.portable import insert_or_replace
from coordinator.store.rows import insert_row, read_row
from coordinator.store.schema import landings, modules, pull_requests
from coordinator.store.withdrawal import supersede_work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.store.transaction import Transaction


_ABOUT_TO_LAND = (
    select(pull_requests.c.number)
    .join(landings, landings.c.pull_request == pull_requests.c.number)
    .where(landings.c.state == INTEND.target, pull_requests.c.item == bindparam("its_item"))
)


def intend_landing(transaction: Transaction, number: int, before: str, after: str, now: float) -> None:
    """Writes down a landing before the ref moves, so that a coordinator that dies in between is understood.

    Raises:
        WrongMove: the request is not approved, or its item has landed or is about to: nothing lands twice.
    """
    request = require_move(transaction, LAND, number)
    require_move(transaction, LAND_ITEM, request.item)
    _require_no_other(transaction, number, request.item)
    insert_row(transaction, landings, pull_request=number, before=before, after=after, state=INTEND.target, at=now)


def _require_no_other(transaction: Transaction, number: int, item: int) -> None:
    """Refuses a landing while another pull request of the same item is about to land."""
    other = transaction.execute(_ABOUT_TO_LAND, {"its_item": item}).scalars().first()
    if other is not None and other != number:
        raise WrongMove(
            f"The pull request {number} cannot land: {other} of the same item is about to, so that nothing was changed."
        )


def abandon_landing(transaction: Transaction, after: str) -> None:
    """Forgets a landing that did not happen."""
    transaction.execute(delete(landings).where(landings.c.after == after, landings.c.state.in_(ABANDON.sources)))


def intended_landings(transaction: Transaction) -> list[tuple[int, str]]:
    """Landings written down and not finished: pull request and commit."""
    rows = transaction.execute(select(landings).where(landings.c.state == INTEND.target).order_by(landings.c.id))
    return [(row.pull_request, row.after) for row in rows]


def finish_landing(
    transaction: Transaction,
    number: int,
    after: str,
    now: float,
    records: Mapping[str, ModuleRecord] | None = None,
) -> None:
    """``main`` moved to `after`: the request landed, its item is done, its modules are certified; other work ends.

    Only what was joined with a certified tip lands, so that `after` is certified too. `records` are what is certified
    of the modules with that commit, by default what the builders said of the request.

    Raises:
        WrongMove: the landing was not intended, or the request not approved.
    """
    request = read_row(transaction, pull_requests, number)
    assert request is not None, "a landing is of a pull request"
    if request.closes:
        close_issues(transaction, closed_by_landing(transaction, number), f"pull request {number}", now)
    make_move(transaction, FINISH, after, at=now)
    land = LAND_AFTER_ALL if request.state in LAND_AFTER_ALL.sources else LAND
    make_move(transaction, land, number, landed_as=after, closed_at=now)
    told = {"lock": request.lock, "axioms": request.axioms, "assumes": request.assumes, "reason": ""}
    make_move(transaction, LAND_ITEM, request.item, **told)
    if records is None:
        records = {name: ModuleRecord(**row) for name, row in request.modules.items()}
    _set_modules(transaction, records)
    set_meta(transaction, "main", after)
    set_meta(transaction, "certified", after)
    transaction.log("landed", now, pull_request=number, item=request.item, commit=after)
    supersede_work(transaction, request.item, number, now)


def forget_modules(transaction: Transaction, names: Sequence[str]) -> None:
    """Some modules are no longer on ``main``."""
    if names:
        transaction.execute(delete(modules).where(modules.c.name.in_(names)))
        transaction.modules |= dict.fromkeys(names)


def replace_modules(transaction: Transaction, records: Mapping[str, ModuleRecord]) -> None:
    """Sets what is certified of ``main`` to `records`."""
    transaction.execute(delete(modules))
    transaction.modules, transaction.replaced_modules = {}, True
    _set_modules(transaction, records)


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


def _set_modules(transaction: Transaction, records: Mapping[str, ModuleRecord]) -> None:
    told = [{"name": name, **values} for name, values in module_rows(records).items()]
    insert_or_replace(transaction.connection, modules, "name", told)
    transaction.modules |= records
