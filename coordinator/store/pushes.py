"""What people push to ``main``: items whose declarations an audit found there are landed, others open again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from coordinator.store.kept import get_meta
from coordinator.store.moves import BRING, LAND_ITEM, LOSE_ITEM, TAKE_AWAY, make_move
from coordinator.store.schema import failures, items, jobs, landings
from coordinator.store.withdrawal import drop_work

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from coordinator.store.transaction import Transaction

_BROUGHT = "A person has pushed it to main."
_TAKEN = "A person's push has taken it from main."


@dataclass(frozen=True, slots=True)
class Found:
    """What an audit found of one stage of a node on ``main``: it is there.

    Attributes:
        lock: meaning digest of the node's statement.
        axioms: axioms that the declaration rests on.
        assumes: open statements that it rests on.
    """

    lock: str
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Push:
    """What a push did to the book's items, by their ids; nothing of both for most."""

    brought: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()


def follow_push(
    transaction: Transaction, audit: int, found: Mapping[tuple[str, str], Found], asked: frozenset[str], now: float
) -> Push:
    """Lands the items that an audit found on ``main``, and opens those again that it did not find there any more.

    Statements come before proofs, so that what is locked is told in the order in which it makes sense.

    Args:
        transaction: of the store.
        audit: the audit's job.
        found: by label and stage.
        asked: labels of the nodes that were looked for; items of others are left alone.
        now: seconds since the epoch.
    """
    commit, brought, taken = str(get_meta(transaction, "certified")), [], []
    rows = transaction.execute(select(items).order_by(items.c.stage.desc(), items.c.id)).all()
    for row in rows:
        there = found.get((row.label, row.stage))
        if row.label not in asked:
            continue
        after = f"{commit}+{audit}.{row.id}"
        if there is not None and row.state != "landed":
            _bring(transaction, row, there, after, now)
            brought.append(row.id)
        elif there is None and row.state == "landed":
            _take_away(transaction, row, after, now)
            taken.append(row.id)
    return Push(tuple(brought), tuple(taken))


def _bring(transaction: Transaction, row: Any, there: Found, after: str, now: float) -> None:
    drop_work(transaction, row.id, _BROUGHT, now)
    landing = insert(landings).values(pull_request=None, before="", after=after, state=BRING.target, at=now)
    number = transaction.execute(landing.returning(landings.c.id)).scalar_one()
    told = {"lock": there.lock, "axioms": list(there.axioms), "assumes": list(there.assumes)}
    make_move(transaction, LAND_ITEM, row.id, reason="", pushed=number, **told)
    transaction.log("brought", now, item=row.id, landing=number)


def _take_away(transaction: Transaction, row: Any, after: str, now: float) -> None:
    """Opens an item again, with all its attempts before it."""
    drop_work(transaction, row.id, _TAKEN, now)
    landing = insert(landings).values(pull_request=None, before="", after=after, state=TAKE_AWAY.target, at=now)
    number = transaction.execute(landing.returning(landings.c.id)).scalar_one()
    made = select(func.count()).where(jobs.c.item == row.id, jobs.c.kind == "attempt")
    make_move(
        transaction,
        LOSE_ITEM,
        row.id,
        pushed=number,
        lock="",
        axioms=[],
        assumes=[],
        not_before=0.0,
        forgiven=transaction.execute(made).scalar_one(),
    )
    transaction.execute(update(failures).where(failures.c.item == row.id).values(set_aside=1))
    transaction.log("taken_away", now, item=row.id, landing=number)
