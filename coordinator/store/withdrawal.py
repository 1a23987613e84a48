"""Withdrawing the work on an item: its jobs are revoked and its open pull requests closed, held against nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, select

from coordinator.schedule.state import OPEN_STATES, stages_of
from coordinator.store.jobs import revoke_job
from coordinator.store.moves import DROP, SUPERSEDE, make_move
from coordinator.store.schema import items, jobs, pull_requests

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.store.moves import Move
    from coordinator.store.transaction import Transaction

_ITS = bindparam("its_item", type_=Integer)
_AT_WORK = select(jobs.c.id).where(jobs.c.item == _ITS, jobs.c.state != "ended").order_by(jobs.c.id)
_PROPOSED = (
    select(pull_requests.c.number)
    .where(pull_requests.c.item == _ITS, pull_requests.c.state.in_(OPEN_STATES))
    .order_by(pull_requests.c.number)
)


def supersede_work(transaction: Transaction, item: int, winner: int, now: float) -> None:
    """Ends all that is still under way at an item of which the pull request `winner` has just landed."""
    _withdraw(transaction, SUPERSEDE, item, f"Pull request {winner} of the same item landed first.", now)


def drop_work(transaction: Transaction, item: int, reason: str, now: float) -> None:
    """Ends all that is under way at an item that nobody wants any more."""
    _withdraw(transaction, DROP, item, reason, now)


def close_strangers(transaction: Transaction, blueprint: Blueprint, now: float) -> None:
    """Takes back leases and closes pull requests of items that the book does not have any more."""
    wanted = {(node.label, stage) for node in blueprint.nodes for stage in stages_of(node)}
    known = transaction.execute(select(items.c.id, items.c.label, items.c.stage)).all()
    strangers = [item for item, label, stage in known if (label, stage) not in wanted]
    for item in strangers:
        drop_work(transaction, item, "The book no longer asks for it.", now)


def _withdraw(transaction: Transaction, move: Move, item: int, reason: str, now: float) -> None:
    about = {"its_item": item}
    for job in transaction.execute(_AT_WORK, about).scalars().all():
        revoke_job(transaction, job, reason, now)
    for number in transaction.execute(_PROPOSED, about).scalars().all():
        make_move(transaction, move, number, reason=reason, closed_at=now)
        transaction.log("withdrawn", now, pull_request=number, item=item, why=move.name)
