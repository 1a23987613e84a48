"""Restoring a campaign: a backup takes the place of its store, with what can be found of what it does not know.

What was spent since the backup is told by stores that were set aside, by the journal beside them, and by the commits
that agents pushed. The restored store is made whole before it takes the place of the old one: a restoration that is
killed has happened, or it has not.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.engine.capacity import dearest_call
from coordinator.engine.catching_up import dollars_of
from coordinator.engine.dispatch import slug_of
from coordinator.git import Trailers
from coordinator.store.backups import restore, set_aside_beside
from coordinator.store.expenses import Booked, Expense, book_expenses
from coordinator.store.jobs import reap_job
from coordinator.store.journal import journal_of
from coordinator.store.journal_lines import is_ahead, note_read, read_journal
from coordinator.store.kept import get_meta
from coordinator.store.lost import read_lost
from coordinator.store.schema import items, jobs
from coordinator.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coordinator.campaign.campaign import Campaign
    from coordinator.git import Repository
    from coordinator.schedule.budget import Money
    from coordinator.store.journal_lines import Told
    from coordinator.store.transaction import Transaction

_BRANCH = re.compile(r"refs/attempts/(.+)\.(joined-)?([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of restoring a campaign.

    Attributes:
        backup: what was put in place.
        aside: where the store that was there is now; ``None`` where there was none.
        booked: what was spent since the backup and is known.
        unread: lines of the journal that make no sense.
        uncounted_usd: dollars that may have been spent since the backup beside that; 0 where all is known.
    """

    backup: Path
    aside: Path | None
    booked: Booked
    unread: int
    uncounted_usd: float


def restore_campaign(campaign: Campaign, source: Path | None, now: float) -> Restored:
    """Puts a backup in the place of a campaign's store; the caller holds its lock.

    Args:
        campaign: whose store is a file.
        source: the backup; the newest good one when left out.
        now: seconds since the epoch.

    Raises:
        InputError: there is no backup.
        StoreError: the backup is broken or of a newer version, or cannot be copied; nothing was changed then.
        GitError: the hub broke; nothing was changed then.
    """
    file = campaign.store_path
    last, is_last_whole = read_lost(file)
    earlier = [expense for aside in set_aside_beside(file) for expense in read_lost(aside)[0]]
    journal = read_journal(journal_of(file))
    booked, uncounted = Booked(), 0.0

    def complete(part: Path) -> None:
        nonlocal booked, uncounted
        with closing(Store(part, writable=True, is_copy=True)) as store, store.begin() as transaction:
            is_all = is_last_whole or _covers(transaction, journal)
            told = [*last, *earlier, *journal.expenses]
            booked = book_expenses(transaction, told, now, _call_of(campaign))
            note_read(transaction, journal)
            booked += book_branches(transaction, campaign.hub, now)
            _end_all(transaction, dearest_call(campaign.settings), now)
            uncounted = 0.0 if is_all else max(campaign.settings.budget_usd - _spent(transaction), 0.0)

    backup, aside = restore(file, source, now=now, complete=complete)
    return Restored(backup, aside, booked, journal.unread, uncounted)


def make_up_for_lost(transaction: Transaction, campaign: Campaign, file: Path | None, now: float) -> Booked:
    """Takes up what a store does not know that is new, was put back by hand, or is older than its journal.

    In the usual case that is nothing, and only the end of the journal is looked at.

    Args:
        transaction: of the store.
        campaign: whose store it is.
        file: the store; ``None`` for one in a database server.
        now: seconds since the epoch.
    """
    is_older = file is not None and is_ahead(transaction, journal_of(file))
    booked = Booked()
    if file is not None and is_older:
        journal = read_journal(journal_of(file))
        booked = book_expenses(transaction, journal.expenses, now, _call_of(campaign))
        note_read(transaction, journal)
    if is_older or not get_meta(transaction, "key"):
        booked += book_branches(transaction, campaign.hub, now)
    return booked


def book_branches(transaction: Transaction, hub: Repository, now: float) -> Booked:
    """Takes up the attempts and resolutions whose branches the hub has and the store does not know.

    So their numbers are given to no others, whose branches would take the place of theirs.

    Raises:
        GitError: the hub broke.
    """
    found = list(_unknown(transaction, hub.attempts()))
    messages = hub.messages([commit for _, commit in found])
    told = []
    for (expense, _), message in zip(found, messages, strict=True):
        usd = dollars_of(Trailers.of(message).cost)
        told.append(Expense(expense.job, expense.kind, expense.label, expense.stage, expense.number, now, now, usd=usd))
    return book_expenses(transaction, told, now)


def _end_all(transaction: Transaction, call: Money, now: float) -> None:
    """Takes back all leases of a store that was put back: its workers are not heard any more."""
    for job in transaction.execute(select(jobs.c.id).where(jobs.c.state != "ended")).scalars().all():
        reap_job(transaction, job, now, blame=None, call=call)


def _call_of(campaign: Campaign) -> Money | None:
    """What one call may cost, where all workers end with the coordinator, for they are its own; ``None`` elsewhere."""
    return None if campaign.settings.broker.url else dearest_call(campaign.settings)


def _unknown(transaction: Transaction, heads: dict[str, str]) -> Iterator[tuple[Expense, str]]:
    """Branches of nobody that the store knows, with their commits."""
    known_items = {slug_of(row.label, row.id): row for row in transaction.execute(select(items)).all()}
    numbers = set(transaction.execute(select(jobs.c.item, jobs.c.number).where(jobs.c.kind == "attempt")).all())
    ids = set(transaction.execute(select(jobs.c.id)).scalars())
    for ref, commit in heads.items():
        match = _BRANCH.fullmatch(ref)
        item = known_items.get(match[1]) if match else None
        if match is None or item is None:
            continue
        number = int(match[3])
        if match[2] and number not in ids:
            yield Expense(number, "resolve", item.label, item.stage, 1, 0.0), commit
        elif not match[2] and (item.id, number) not in numbers:
            yield Expense(0, "attempt", item.label, item.stage, number, 0.0), commit


def _covers(transaction: Transaction, journal: Told) -> bool:
    """Whether a journal was begun before a store ends."""
    last = transaction.execute(select(func.max(jobs.c.sent_at))).scalar_one()
    return journal.since is not None and (last is None or journal.since <= last)


def _spent(transaction: Transaction) -> float:
    return float(transaction.execute(select(func.coalesce(func.sum(jobs.c.cost_usd), 0.0))).scalar_one())
