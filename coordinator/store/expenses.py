"""Expenses: what something other than a store tells of jobs that cost money, and taking it into the store.

A store that was put back is older than the campaign: of what was spent since then it knows nothing. The jobs that it
has forgotten are taken up under their own numbers, as jobs that have ended, so that their money is spent, their
numbers are given to no others, and taking them up twice changes nothing. They count against no item: nobody knows any
more what came of them, but for what landed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from coordinator.schedule.budget import Money
from coordinator.store.lessons import TELLING
from coordinator.store.moves import SEED, TAKE_UP
from coordinator.store.portable import insert_missing
from coordinator.store.rows import insert_row, update_row
from coordinator.store.schema import items, jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coordinator.store.transaction import Transaction

_NOTHING = Money()

COSTLY = ("attempt", "review", "resolve")
"""Kinds of jobs that cost money: those that agents do."""

_NO_MORE = "revoked"
"""How jobs end that nobody waits for any more, as nobody does for a proposal that was lost with its store."""

_SAID = "It was lost with a store that was replaced by an older one; its cost counts."

_KNOWN = (
    jobs.c.id,
    jobs.c.kind,
    jobs.c.item,
    jobs.c.number,
    jobs.c.state,
    jobs.c.sent_at,
    jobs.c.cost_usd,
    jobs.c.told_usd,
    jobs.c.told_input_tokens,
    jobs.c.told_output_tokens,
)


@dataclass(frozen=True, slots=True)
class Expense:
    """What is known of one job besides the store.

    Attributes:
        job: its id; 0 where it is not known.
        kind: one of `COSTLY`.
        label: of the node it is about; empty where that is not known.
        stage: of the node.
        number: see `Job.number`.
        sent_at: seconds since the epoch; with the id it tells jobs of one campaign apart, for ids were given again.
        ended_at: seconds since the epoch; ``None`` for a job that was under way.
        ending: how it ended.
        usd: dollars; of a job that was under way all that it was allowed to spend.
        input_tokens, output_tokens: used; of a job that was under way likewise, 0 where any number was allowed.
        is_reckoned: whether it was under way, so that it is not known what it has spent.
        told: of such a job, what it had used at most when its worker was last heard of.
    """

    job: int
    kind: str
    label: str
    stage: str
    number: int
    sent_at: float
    ended_at: float | None = None
    ending: str = ""
    usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    is_reckoned: bool = False
    told: Money = _NOTHING

    def within(self, call: Money) -> Expense:
        """The same where the worker has used no more than a `call` since it was last heard of."""
        if not self.is_reckoned:
            return self
        tokens = int((self.told + call.finite).tokens)
        most = min(tokens, self.input_tokens) if self.input_tokens else tokens
        return replace(self, usd=min(self.usd, (self.told + call).usd), input_tokens=most)


@dataclass(frozen=True, slots=True)
class Booked:
    """What was taken into a store.

    Attributes:
        jobs: of how many jobs something was news.
        usd: how many dollars more are counted.
        reckoned: jobs of which only the most that they might spend is known.
        reckoned_usd: dollars of those.
    """

    jobs: int = 0
    usd: float = 0.0
    reckoned: int = 0
    reckoned_usd: float = 0.0

    def __add__(self, other: Booked) -> Booked:
        """Both together."""
        return Booked(
            self.jobs + other.jobs,
            self.usd + other.usd,
            self.reckoned + other.reckoned,
            self.reckoned_usd + other.reckoned_usd,
        )


def book_expenses(transaction: Transaction, told: Sequence[Expense], now: float, call: Money | None = None) -> Booked:
    """Takes what is told of jobs into the store; what it knows already stays as it is.

    Of a job that the store has under way, it counts as told by the worker: it is settled when the lease is taken back.

    Args:
        transaction: of the store.
        told: about jobs, by whomever.
        now: seconds since the epoch.
        call: what one call of a model may cost, where workers end with their coordinator: what was under way has spent
            no more since it was last heard of. ``None`` where workers go on: they may spend all that they are allowed.
    """
    told = [each if call is None else each.within(call) for each in told]
    book = _Book(transaction, told, now)
    fresh = [expense for expense in _merged(told) if not book.knows(expense)]
    for expense in sorted(fresh, key=lambda each: book.is_taken(each.job)):  # those first that keep their ids
        book.take_up(expense)
    booked = book.booked
    if booked.jobs:
        transaction.log("spending_found", now, jobs=booked.jobs, usd=booked.usd, reckoned_usd=booked.reckoned_usd)
    return booked


class _Book:
    """The jobs of a store, and what is taken up beside them."""

    def __init__(self, transaction: Transaction, told: Sequence[Expense], now: float) -> None:
        self.booked = Booked()
        self._transaction = transaction
        self._now = now
        self._items = _items_of(transaction, told)
        self._rows: dict[int, Any] = {row.id: row for row in transaction.execute(select(*_KNOWN))}
        self._taken = set(self._rows)
        self._sent = {_identity(row.kind, row.item, row.number, row.sent_at): row for row in self._rows.values()}

    def is_taken(self, job: int) -> bool:
        """Whether a number is that of another job, or none."""
        return not job or job in self._taken

    def knows(self, expense: Expense) -> bool:
        """Whether the store has the job; then what is told of it counts, where that is more."""
        item = self._items.get((expense.label, expense.stage))
        row = self._rows.get(expense.job)
        if row is None or (row.kind, row.sent_at) != (expense.kind, expense.sent_at):
            row = self._sent.get(_identity(expense.kind, item, expense.number, expense.sent_at))
        if row is None:
            return False
        if row.state != "ended":
            self._tell(row, expense)
        elif expense.ended_at is not None and expense.usd > row.cost_usd:
            used = {"input_tokens": expense.input_tokens, "output_tokens": expense.output_tokens}
            update_row(self._transaction, jobs, row.id, cost_usd=expense.usd, **used)
            self._count(expense, expense.usd - row.cost_usd)
        return True

    def take_up(self, expense: Expense) -> None:
        """Takes up a job that the store does not know."""
        item = self._items.get((expense.label, expense.stage))
        job = {} if self.is_taken(expense.job) else {"id": expense.job}
        is_telling = expense.ending in TELLING and expense.ending != "submitted"
        number = insert_row(
            self._transaction,
            jobs,
            **job,
            kind=expense.kind,
            item=item,
            number=expense.number,
            state=TAKE_UP.target,
            ending=expense.ending if is_telling else _NO_MORE,
            lease_until=expense.sent_at,
            cost_usd=expense.usd,
            input_tokens=expense.input_tokens,
            output_tokens=expense.output_tokens,
            summary=_SAID,
            sent_at=expense.sent_at,
            ended_at=expense.ended_at or self._now,
        )
        self._taken.add(number)
        if expense.kind == "attempt" and item is not None:
            forgiven = update(items).where(items.c.id == item).values(forgiven=items.c.forgiven + 1)
            self._transaction.execute(forgiven)
        self._count(expense, expense.usd)

    def _tell(self, row: Any, expense: Expense) -> None:
        if row.told_usd is not None and row.told_usd >= expense.usd:
            return
        used = {"told_input_tokens": expense.input_tokens, "told_output_tokens": expense.output_tokens}
        update_row(self._transaction, jobs, row.id, told_usd=expense.usd, **used)
        self._count(expense, expense.usd - (row.told_usd or 0.0))

    def _count(self, expense: Expense, usd: float) -> None:
        reckoned = expense.is_reckoned
        self.booked += Booked(1, usd, int(reckoned), usd if reckoned else 0.0)


def _merged(told: Iterable[Expense]) -> list[Expense]:
    """Each job once: as somebody knows it, at the most; where nobody does, at the least that it was at most."""
    found: dict[tuple[object, ...], Expense] = {}
    for expense in told:
        key = expense.job, expense.kind, expense.sent_at, *(() if expense.job else (expense.label, expense.number))
        other = found.get(key)
        if other is None or _trust(expense) > _trust(other):
            found[key] = expense
    return list(found.values())


def _trust(expense: Expense) -> tuple[bool, float]:
    return not expense.is_reckoned, -expense.usd if expense.is_reckoned else expense.usd


def _identity(kind: str, item: int | None, number: int, sent_at: float) -> tuple[str, int, int, float]:
    return kind, item or 0, number, sent_at


def _items_of(transaction: Transaction, told: Iterable[Expense]) -> dict[tuple[str, str], int]:
    """Items by label and stage; those that are told of and are not there, since the store is from before, are made."""
    wanted = {(each.label, each.stage) for each in told if each.label and each.stage}
    known = {(row.label, row.stage): row.id for row in transaction.execute(select(items)).all()}
    missing = sorted(wanted - known.keys())
    rows = [{"label": label, "stage": stage, "state": SEED.target} for label, stage in missing]
    insert_missing(transaction.connection, items, rows)
    if missing:
        known = {(row.label, row.stage): row.id for row in transaction.execute(select(items)).all()}
    return known
