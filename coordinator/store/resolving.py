"""Pull requests that no program joins with ``main``: left to resolvers, joined by them, refused by the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from coordinator.schedule.state import OPEN_STATES
from coordinator.store.moves import CONFLICT, RESOLVE, make_move
from coordinator.store.rows import read_row, update_row
from coordinator.store.schema import jobs, pull_requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from coordinator.store.transaction import Transaction

RUNG = "resolver"
"""What the highest rung of the ladder is called."""

PROGRAMS = frozenset({"declarations", "proof"})
"""The rungs between git's and the resolvers'. While a pull request is left to resolvers it keeps the one refused."""

TRIED = {
    "submitted": "A resolver handed in a joined state.",
    "gave_up": "A resolver gave up.",
    "limit": "A resolver ran into a limit.",
}
"""Endings of a resolver's job that make it a try, for it had its chance; and how they are told."""

_TOLD = 4000
"""Longest answer of the builders that is kept of a try, in characters."""

_TRIES = select(jobs).where(jobs.c.kind == "resolve", jobs.c.ending.in_(TRIED)).order_by(jobs.c.id)


def leave_to_resolver(transaction: Transaction, number: int, reason: str, now: float) -> None:
    """Puts aside for a resolver what no lower rung of the ladder joins with ``main``; the reason names the paths."""
    make_move(transaction, CONFLICT, number, reason=reason, rung="git", joined="")
    transaction.log("conflict", now, pull_request=number)


def refuse_merge(transaction: Transaction, number: int, reasons: Sequence[str], now: float) -> None:
    """Puts aside for a resolver what a lower rung joined with ``main``, and the builders refused."""
    answer = "\n".join(reasons)[:_TOLD]
    make_move(transaction, CONFLICT, number, reason=f"Joined with main by a program, the builder refused it:\n{answer}")
    transaction.log("conflict", now, pull_request=number)


def take_resolution(transaction: Transaction, number: int, tip: str, head: str, now: float) -> None:
    """Takes what a resolver made of a pull request and the `tip` of ``main`` in the place of its author's commit.

    It is new text: verdicts on another commit do not bind it.
    """
    row = read_row(transaction, pull_requests, number)
    if row is None:
        return
    authored, begun = (row.authored, row.authored_on) if row.authored else (row.head, row.base)
    told = {"authored": authored, "authored_on": begun, "rung": RUNG, "joined": ""}
    if make_move(transaction, RESOLVE, number, base=tip, head=head, **told):
        transaction.log("resolved", now, pull_request=number, head=head)


def join_without_resolver(transaction: Transaction, number: int, now: float) -> None:
    """Sends back to the builders what ``main``, having moved, is no longer in conflict with."""
    make_move(transaction, RESOLVE, number)
    transaction.log("conflict_gone", now, pull_request=number)


def refuse_joined(
    transaction: Transaction, number: int, reasons: Sequence[str], now: float, *, resolvers: bool
) -> bool:
    """Says whether the next resolver gets what the builders refused, since not its author joined it with ``main``.

    Args:
        transaction: of the store.
        number: of the pull request.
        reasons: the builders' answer.
        now: seconds since the epoch.
        resolvers: whether there are any.
    """
    row = read_row(transaction, pull_requests, number)
    if row is None or not resolvers:
        return False
    if row.authored:
        refuse_resolution(transaction, number, reasons, now)
    elif row.rung in PROGRAMS:
        refuse_merge(transaction, number, reasons, now)
    return bool(row.authored) or row.rung in PROGRAMS


def refuse_resolution(transaction: Transaction, number: int, reasons: Sequence[str], now: float) -> None:
    """Proposes the author's commit again, with the builders' answer for the next resolver to read."""
    row = read_row(transaction, pull_requests, number)
    tries = _tries(transaction, number)
    if row is None or not tries:
        return
    last = tries[-1]
    answer = "\n".join(reasons)[:_TOLD]
    update_row(transaction, jobs, last.id, summary=f"{last.summary}\n\nThe builder refused what came of it:\n{answer}")
    told = {"authored": "", "authored_on": "", "rung": "git", "joined": ""}
    reason = row.reason or "With main as it is now, the gate refuses what a resolver made of it."
    make_move(transaction, CONFLICT, number, reason=reason, base=row.authored_on, head=row.authored, **told)
    transaction.log("resolution_refused", now, pull_request=number)


def read_tries(transaction: Transaction, number: int) -> tuple[str, ...]:
    """What became of all tries of resolvers at a pull request, oldest first."""
    return _told(_tries(transaction, number))


def read_counting_tries(transaction: Transaction, number: int) -> tuple[str, ...]:
    """What became of those that count: from before a person's last word on the pull request none does."""
    row = read_row(transaction, pull_requests, number)
    since = row.tries_since if row is not None else 0
    return _told([each for each in _tries(transaction, number) if each.id > since])


def last_job(transaction: Transaction) -> int:
    """The last job there is; 0 where there is none. Of a pull request told so, tries count from then on."""
    return int(transaction.execute(select(func.coalesce(func.max(jobs.c.id), 0))).scalar_one())


def count_anew(transaction: Transaction, item: int, now: float) -> None:
    """Has builders, reviewers and resolvers try anew what is proposed for an item, as if it had just been proposed."""
    whose = select(pull_requests.c.number).where(pull_requests.c.item == item, pull_requests.c.state.in_(OPEN_STATES))
    for number in transaction.execute(whose.order_by(pull_requests.c.number)).scalars().all():
        update_row(transaction, pull_requests, number, tries_since=last_job(transaction))
        transaction.log("tried_anew", now, pull_request=number, item=item)


def read_evidence(transaction: Transaction, number: int) -> tuple[str, ...]:
    """What the next resolver is to read: why a merge of programs was refused, if one was, and the earlier tries."""
    row = read_row(transaction, pull_requests, number)
    refused = (row.reason,) if row is not None and row.rung in PROGRAMS else ()
    return (*refused, *read_counting_tries(transaction, number))


def _told(tries: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{TRIED[row.ending]} {row.summary}" for row in tries)


def _tries(transaction: Transaction, number: int) -> Sequence[Row[*tuple[Any, ...]]]:
    return transaction.execute(_TRIES.where(jobs.c.pull_request == number)).all()
