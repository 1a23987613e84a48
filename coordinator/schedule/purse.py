"""The purse: dollars and tokens spent and promised, and how much of either a new job may still be promised.

Limits are set for an item, a node, a chapter, the whole campaign and any hour of it. What a job may spend is reserved
before it is sent and settled when it has ended, in every scope it falls in, so that all jobs together stay within each
limit whatever they do: a job that cannot stop in the middle of a call overruns it by that call.

One entry changes a handful of sums. The hour slides: what was settled counts for an hour from then on, and what is
reserved counts now, since it may be spent at any moment.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coordinator.schedule.budget import UNLIMITED, Money, Scope, Shortage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coordinator.schedule.budget import Account, Limits

HOUR = 3600.0
"""Seconds of the sliding window."""

_NOTHING = Money()

_Key = tuple[Scope, int | str]

_CAMPAIGN: _Key = (Scope.CAMPAIGN, "")
_HOUR: _Key = (Scope.HOUR, "")


@dataclass(slots=True)
class _Balance:
    """Of one item, node or chapter, of the campaign or the hour: what is spent, and what each job was promised."""

    spent: Money = _NOTHING
    reserved: Money = _NOTHING
    jobs: dict[int, Money] = field(default_factory=dict)

    @property
    def committed(self) -> Money:
        return self.spent + self.reserved


def _keys(account: Account) -> tuple[_Key, ...]:
    """The scopes it falls in, the widest first; those of nothing that the book knows are the campaign and the hour."""
    if not account.node:
        return _CAMPAIGN, _HOUR
    return (
        _CAMPAIGN,
        _HOUR,
        (Scope.CHAPTER, account.chapter),
        (Scope.NODE, account.node),
        (Scope.ITEM, account.item),
    )


class Purse:
    """What is spent and promised, and in which scopes.

    It knows no limits: those of the moment are named with each question. Unless a job overran what it was promised,
    more was booked than was promised, or limits were wider before, what is spent and promised together is within them.
    """

    def __init__(self) -> None:
        self._balances: dict[_Key, _Balance] = {}
        self._accounts: dict[int, Account] = {}
        self._window: list[tuple[float, float, float]] = []
        self._slid_to = float("-inf")
        self._changed: set[_Key] = set()
        self._checked: Limits | None = None

    @property
    def spent(self) -> Money:
        """By everything that has ended."""
        return self._balance(_CAMPAIGN).spent

    @property
    def reserved(self) -> Money:
        """Promised to jobs that run."""
        return self._balance(_CAMPAIGN).reserved

    def spent_on(self, scope: Scope, of: int | str = "") -> Money:
        """What was spent on an item (by its id), a node or a chapter, in all or in the last hour."""
        return self._balance((scope, of)).spent

    def committed_on(self, scope: Scope, of: int | str = "") -> Money:
        """The same with what is promised to jobs that run."""
        return self._balance((scope, of)).committed

    def reserve(self, job: int, account: Account, promised: Money) -> None:
        """Promises a job that is about to be sent so much. A job that was promised something keeps that."""
        if job in self._accounts:
            return
        promised = promised.finite
        self._accounts[job] = account
        for key in _keys(account):
            balance = self._balances.setdefault(key, _Balance())
            balance.jobs[job] = promised
            balance.reserved += promised
            self._changed.add(key)

    def release(self, job: int) -> None:
        """Frees what a job that ended was promised; what it has spent is to be booked."""
        account = self._accounts.pop(job, None)
        for key in _keys(account) if account else ():
            balance = self._balances[key]
            promised = balance.jobs.pop(job)
            balance.reserved = balance.reserved - promised if balance.jobs else _NOTHING

    def book(self, account: Account, spent: Money, at: float) -> None:
        """Books what a job has spent that ended at a time, in seconds since the epoch.

        Less than nothing puts right what was booked of the same job before, and counts at the same time as that.
        """
        self.carry(account, spent)
        if at > self._slid_to - HOUR:
            self._balances[_HOUR].spent += spent
            self._changed.add(_HOUR)
            insort(self._window, (at, spent.usd, spent.tokens))

    def fill_hour(self, ended: Iterable[tuple[float, float, float]]) -> None:
        """Counts in the hour what is carried and ended in it: time, dollars and tokens of each job, in their order."""
        balance = self._balances.setdefault(_HOUR, _Balance())
        usd, tokens = balance.spent.usd, balance.spent.tokens
        for entry in ended:
            usd, tokens = usd + entry[1], tokens + entry[2]
            self._window.append(entry)
        balance.spent = Money(usd, tokens)
        self._window.sort()
        self._changed.add(_HOUR)

    def carry(self, account: Account, spent: Money) -> None:
        """Books what was spent outside the hour."""
        for key in _keys(account):
            balance = self._balances.setdefault(key, _Balance())
            if key != _HOUR:
                balance.spent += spent
                self._changed.add(key)

    def room(self, account: Account, limits: Limits, now: float, drafted: Draft | None = None) -> Money:
        """What a new job may be promised: the least that is left in any scope.

        Args:
            account: where its spending belongs.
            limits: that are in force.
            now: seconds since the epoch.
            drafted: promises that are about to be made.
        """
        self._slide(now)
        room = UNLIMITED
        for _, left in self._lefts(account, limits, drafted):
            room = room.least(left)
        return room

    def shortage(
        self, account: Account, need: Money, full: Money, limits: Limits, now: float, drafted: Draft | None = None
    ) -> Shortage | None:
        """Says whose limit keeps a job from being sent; ``None`` where none does.

        It is sent with as little as one call may cost, where no more is left to come. The hour alone makes it wait
        until there is all it may spend: cut short, it would be begun anew in the next hour.

        Of several limits the one that lasts is said: one that time or a running job may lift is not, while another
        stays. What running jobs were promised and do not spend becomes free again.

        Args:
            account: where its spending belongs.
            need: without which it cannot begin.
            full: what it may spend where nothing is scarce.
            limits: that are in force.
            now: seconds since the epoch.
            drafted: promises that are about to be made.
        """
        self._slide(now)
        passing: Shortage | None = None
        lefts = self._lefts(account, limits, drafted)
        for key, left in lefts:
            wanted = _wanted_of_hour(lefts, need, full, limits) if key is _HOUR else need
            if left.covers(wanted):
                continue
            found = self._explain(key, need, wanted, limits, now)
            if found.lasts:
                return found
            passing = passing or found
        return passing

    def _explain(self, key: _Key, need: Money, wanted: Money, limits: Limits, now: float) -> Shortage:
        scope, of = key
        limit, spent = limits.of(scope), self._balance(key).spent
        last = limit if scope is Scope.HOUR else limit - spent
        lasts = not last.covers(need)
        left = last if lasts else limit - self._balance(key).committed
        until = None if lasts else self._frees_at(wanted, limits, now) if scope is Scope.HOUR else now
        if left.tokens < (need if lasts else wanted).tokens:
            return Shortage(scope, str(of), until, "tokens", limit.tokens)
        return Shortage(scope, str(of), until, "usd", limit.usd)

    def overshot(self, limits: Limits, now: float) -> tuple[int, ...]:
        """Jobs to stop so that what is left is within every limit: where one is overshot, those sent last.

        Those have done least. Nothing is left to stop where what has ended overshot a limit by itself. Asked again
        under the same limits, it looks only at what has changed.
        """
        self._slide(now)
        keys = self._changed if limits == self._checked else self._balances.keys()
        limited = (key for key in keys if key[0] in limits.limited)
        over = {key for key in limited if not limits.of(key[0]).covers(self._balances[key].committed)}
        # What is overshot now is looked at again, until jobs were stopped or something ended.
        self._changed, self._checked = over, limits
        stopped: set[int] = set()
        for key in sorted(over, key=str):
            stopped |= self._too_many(key, limits, stopped)
        return tuple(sorted(stopped))

    def _too_many(self, key: _Key, limits: Limits, stopped: set[int]) -> set[int]:
        """Jobs to stop in one scope, where some are stopped already."""
        balance, found = self._balances[key], set[int]()
        committed = balance.committed
        for job in stopped & balance.jobs.keys():
            committed -= balance.jobs[job]
        for job in sorted(balance.jobs.keys() - stopped, reverse=True):
            if limits.of(key[0]).covers(committed):
                break
            found.add(job)
            committed -= balance.jobs[job]
        return found

    def _balance(self, key: _Key) -> _Balance:
        return self._balances.get(key) or _Balance()

    def _lefts(self, account: Account, limits: Limits, drafted: Draft | None) -> list[tuple[_Key, Money]]:
        """What is left in each scope that has a limit, the widest first."""
        limited = limits.limited
        return [(key, self._left(key, limits, drafted)) for key in _keys(account) if key[0] in limited]

    def _left(self, key: _Key, limits: Limits, drafted: Draft | None) -> Money:
        left = limits.of(key[0]) - self._balance(key).committed
        return left if drafted is None else left - drafted.promised(key)

    def _slide(self, now: float) -> None:
        """Lets go of what was settled more than an hour ago. A clock that was set back does not bring it back."""
        self._slid_to = max(now, self._slid_to)
        gone = 0
        while gone < len(self._window) and self._window[gone][0] <= self._slid_to - HOUR:
            _, usd, tokens = self._window[gone]
            self._balances[_HOUR].spent -= Money(usd, tokens)
            gone += 1
        del self._window[:gone]
        if gone and not self._window:
            self._balances[_HOUR].spent = _NOTHING

    def _frees_at(self, need: Money, limits: Limits, now: float) -> float:
        """When the hour will have room for `need`, if what runs spends all it was promised and nothing is sent.

        That is now, or as soon as running jobs end, where only what they were promised stands against it.
        """
        left = self._left(_HOUR, limits, None)
        for at, usd, tokens in self._window:
            left += Money(usd, tokens)
            if left.covers(need):
                return at + HOUR
        return now


def _wanted_of_hour(lefts: Iterable[tuple[_Key, Money]], need: Money, full: Money, limits: Limits) -> Money:
    """What a job may spend where nothing but the hour is scarce: what the other limits leave it."""
    wanted = full.least(limits.hour)
    for key, left in lefts:
        if key is not _HOUR:
            wanted = wanted.least(left)
    return wanted.most(need)


class Draft:
    """Promises that are about to be made, while it is decided what else is sent."""

    def __init__(self) -> None:
        self._promised: dict[_Key, Money] = {}

    def promise(self, account: Account, promised: Money) -> None:
        """Adds a promise."""
        promised = promised.finite
        for key in _keys(account):
            self._promised[key] = self.promised(key) + promised

    def promised(self, key: _Key) -> Money:
        """What was added in a scope."""
        return self._promised.get(key, _NOTHING)
