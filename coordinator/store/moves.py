"""The moves: every way in which an item, a job, a pull request, a batch and so on gets from one state to another.

The table is the law. A state is changed by `make_move` and `move_those` only, which move a record only from a state
that the move may start in. The manual's picture is drawn from the same table: see `moves_page`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import bindparam, or_, select, update

from coordinator.errors import WrongMove
from coordinator.store.schema import batches, issues, items, jobs, landings, pull_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Column, Row, Select, Update

    from coordinator.store.transaction import Transaction

Record = Literal["item", "job", "pull request", "batch", "landing", "issue"]


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table.

    Attributes:
        record: what kind of record moves.
        name: what happens to it.
        sources: the states it may start in; none for a move that makes the record.
        target: the state it leads to; empty for a move that drops the record.
        when: what brings it about, in a sentence.
    """

    record: Record
    name: str
    sources: tuple[str, ...]
    target: str
    when: str


SEED = Move("item", "seed", (), "open", "The book has a stage that the store does not know.")
LAND_ITEM = Move("item", "land", ("open", "failed", "skipped"), "landed", "`main` moved to a commit with it.")
GIVE_UP = Move("item", "give up", ("open",), "failed", "It used up its attempts.")
REOPEN = Move("item", "reopen", ("failed",), "open", "The settings allow more than when it was given up.")
SKIP = Move("item", "skip", ("open", "failed"), "skipped", "A person leaves it out.")
LOSE_ITEM = Move(
    "item", "lose", ("landed",), "open", "An audit no longer finds on `main` what a person has taken away."
)
RETRY = Move("item", "retry", ("open", "failed", "skipped"), "open", "A person wants it tried again.")

SEND = Move("job", "send", (), "sent", "An order is about to go to the workers.")
TAKE = Move("job", "take", ("sent", "running"), "running", "A worker says that it holds it.")
TAKE_UP = Move("job", "take up", (), "ended", "A store that was put back has forgotten it, and its cost is found.")
END = Move("job", "end", ("sent", "running"), "ended", "A worker reported, or the lease ran out or was revoked.")

OPEN = Move("pull request", "open", (), "checking", "An attempt was submitted, or a person proposes commits.")
CERTIFY = Move("pull request", "certify", ("checking",), "reviewing", "The gate accepted it, joined with `main`.")
APPROVE = Move("pull request", "approve", ("reviewing",), "approved", "It has all the approvals it needs.")
LAND = Move("pull request", "land", ("approved",), "landed", "`main` moved to a commit with it.")
RECHECK = Move("pull request", "recheck", ("approved",), "checking", "`main` moved below its certificates.")
REVISE = Move(
    "pull request",
    "revise",
    ("checking", "resolving", "reviewing", "approved"),
    "checking",
    "A person's commits take the place of those proposed.",
)
CONFLICT = Move(
    "pull request",
    "conflict",
    ("checking",),
    "resolving",
    "No program joins it with `main`, or the gate refuses what one, or a resolver, made of it.",
)
RESOLVE = Move(
    "pull request",
    "resolve",
    ("resolving",),
    "checking",
    "A resolver joined it with `main`, or `main` moved and it is in conflict no more.",
)
BOUNCE = Move(
    "pull request",
    "bounce",
    ("checking", "resolving", "reviewing", "approved"),
    "bounced",
    "The gate, the reviewers or a conflict speak against it, or nobody could tell.",
)
SUPERSEDE = Move(
    "pull request",
    "supersede",
    ("checking", "resolving", "reviewing", "approved"),
    "withdrawn",
    "Another pull request of its item landed: it lost the race.",
)
DROP = Move(
    "pull request",
    "drop",
    ("checking", "resolving", "reviewing", "approved"),
    "withdrawn",
    "A person left its item out, or the book no longer asks for it.",
)
LAND_AFTER_ALL = Move(
    "pull request",
    "land after all",
    ("bounced", "withdrawn"),
    "landed",
    "A coordinator died when `main` had moved to it, and before it was started again it was closed.",
)
FIND_LANDED = Move(
    "pull request",
    "find landed",
    ("checking", "resolving", "reviewing", "approved"),
    "landed",
    "`main`'s history has its landing, which the store does not know: an older one was put in its place.",
)

JOIN = Move("batch", "join", (), "running", "Several branches are about to be built together.")
PASS = Move("batch", "pass", ("running",), "green", "All of it builds, and the gate accepts each branch.")
BREAK = Move("batch", "break", ("running",), "red", "A module does not build, or the gate refuses a branch.")
LOSE = Move("batch", "lose", ("running",), "lost", "Its builder gave no answer.")
SETTLE = Move("batch", "settle", ("green", "red", "lost"), "", "What follows from it is done.")
DROP_BATCH = Move(
    "batch", "drop", ("running",), "", "No worker took it, or its worker was told to stop: it is joined anew."
)

INTEND = Move("landing", "intend", (), "intended", "`main` is about to move.")
FINISH = Move("landing", "finish", ("intended",), "landed", "`main` did move.")
BRING = Move("landing", "bring", (), "landed", "An audit finds on `main` what a person has pushed.")
TAKE_AWAY = Move("landing", "take away", (), "removed", "An audit no longer finds there what a person has taken away.")
ABANDON = Move("landing", "abandon", ("intended",), "", "`main` did not move.")

FILE = Move("issue", "file", (), "open", "An agent or a person says what is wrong with a node.")
CLOSE = Move("issue", "close", ("open",), "closed", "The landing of its node names it, or a person closes it.")
FILE_AGAIN = Move(
    "issue", "file again", ("closed",), "open", "It is filed again, and no person had closed it; or by a person."
)

MOVES = (
    *(SEED, LAND_ITEM, GIVE_UP, REOPEN, SKIP, RETRY, LOSE_ITEM),
    *(SEND, TAKE, TAKE_UP, END),
    *(OPEN, CERTIFY, APPROVE, LAND, RECHECK, REVISE, CONFLICT, RESOLVE),
    *(BOUNCE, SUPERSEDE, DROP, LAND_AFTER_ALL, FIND_LANDED),
    *(JOIN, PASS, BREAK, LOSE, SETTLE, DROP_BATCH),
    *(INTEND, FINISH, ABANDON, BRING, TAKE_AWAY),
    *(FILE, CLOSE, FILE_AGAIN),
)
"""The table of allowed moves."""

_KEYS: dict[Record, Column[Any]] = {
    "item": items.c.id,
    "job": jobs.c.id,
    "pull request": pull_requests.c.number,
    "batch": batches.c.job,
    "landing": landings.c.after,
    "issue": issues.c.number,
}


def make_move(transaction: Transaction, move: Move, key: int | str, **values: Any) -> bool:
    """Moves one record, and sets other columns of it with that.

    Args:
        transaction: of the store.
        move: from the table.
        key: of the record: an id, a number, or the commit of a landing.
        values: other columns to set.

    Returns:
        Whether it moved; ``False`` when it is already where the move leads, and then nothing changed.

    Raises:
        WrongMove: it is in another state, or nowhere.
    """
    told = {f"new_{name}": value for name, value in values.items()}
    if transaction.execute(_statement(move, tuple(values)), {"key": key, **told}).rowcount:
        return True
    state = _state_of(transaction, move.record, key)
    if state == move.target:
        return False
    raise _wrong(move, key, state)


@cache
def _statement(move: Move, names: tuple[str, ...]) -> Update:
    """The statement that makes a move and sets columns of these names; kept, for making it is most of its cost."""
    column = _KEYS[move.record]
    table = column.table
    sources = or_(*(table.c.state == source for source in move.sources))
    told = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(column == bindparam("key"), sources).values(state=move.target, **told)


def move_those(transaction: Transaction, move: Move, keys: Collection[int | str], **values: Any) -> Sequence[Any]:
    """Moves those of some records that are in a state in which the move may start; returns their keys."""
    column = _KEYS[move.record]
    table = column.table
    moved = (
        update(table)
        .where(column.in_(keys), table.c.state.in_(move.sources))
        .values(state=move.target, **values)
        .returning(column)
    )
    return transaction.execute(moved).scalars().all()


def may_move(transaction: Transaction, move: Move, key: int | str) -> bool:
    """Whether a record is in a state in which the move may start."""
    return _state_of(transaction, move.record, key) in move.sources


def require_move(transaction: Transaction, move: Move, key: int | str) -> Row[*tuple[Any, ...]]:
    """The record of a move that can be made; refuses what is to end with one that could not.

    Raises:
        WrongMove: the record is in no state in which the move may start.
    """
    row = transaction.execute(_record(move.record), {"key": key}).one_or_none()
    if row is None or row.state not in move.sources:
        raise _wrong(move, key, None if row is None else row.state)
    return row


def _state_of(transaction: Transaction, record: Record, key: int | str) -> str | None:
    return transaction.execute(_question(record), {"key": key}).scalar_one_or_none()


@cache
def _question(record: Record) -> Select[str]:
    column = _KEYS[record]
    return select(column.table.c.state).where(column == bindparam("key"))


@cache
def _record(record: Record) -> Select[*tuple[Any, ...]]:
    column = _KEYS[record]
    return select(column.table).where(column == bindparam("key"))


def _wrong(move: Move, key: int | str, state: str | None) -> WrongMove:
    found = "is not there" if state is None else f"is {state}"
    return WrongMove(
        f"The {move.record} {key} {found}: `{move.name}` starts in {' or '.join(move.sources)} only, so that nothing "
        f"was changed."
    )
