"""The ledger: dollars and tokens spent and promised, and how much of either a new job may still be promised.

Limits are set for an attempt, an item, a node, a chapter, the whole campaign and any hour of it. What a job may spend
is reserved before it is sent and settled when it has ended, in every scope it falls in, so that all jobs together stay
within each limit whatever they do: a job that cannot stop in the middle of a call overruns it by that call.

One entry changes a handful of sums. The hour slides: what was settled counts for an hour from then on, and what is
reserved counts now, since it may be spent at any moment.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

HOUR = 3600.0
"""Seconds of the sliding window."""

_DUST = 1e-6
"""Dollars that sums of floats may be off."""


class Scope(StrEnum):
    """What a limit is set for."""

    ATTEMPT = "attempt"
    """One attempt or review."""
    ITEM = "item"
    """A stage of a node: all attempts at it, and their reviews."""
    NODE = "node"
    """A node: its statement and its proof."""
    CHAPTER = "chapter"
    """A chapter of the book."""
    CAMPAIGN = "campaign"
    """Everything."""
    HOUR = "hour"
    """Everything in any one hour."""


@dataclass(frozen=True, slots=True)
class Money:
    """Dollars and tokens; as a limit, infinite where there is none."""

    usd: float = 0.0
    tokens: float = 0.0

    def __add__(self, other: Money) -> Money:
        """Both together."""
        return Money(self.usd + other.usd, self.tokens + other.tokens)

    def __sub__(self, other: Money) -> Money:
        """What is left of it, which may be less than nothing."""
        return Money(self.usd - other.usd, self.tokens - other.tokens)

    def least(self, other: Money) -> Money:
        """The less of both, in either."""
        return Money(min(self.usd, other.usd), min(self.tokens, other.tokens))

    def covers(self, other: Money) -> bool:
        """Whether it is enough for `other`, dust aside."""
        return self.usd >= other.usd - _DUST and self.tokens >= other.tokens


UNLIMITED = Money(math.inf, math.inf)
"""The limit that is none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of each scope."""

    attempt: Money = UNLIMITED
    item: Money = UNLIMITED
    node: Money = UNLIMITED
    chapter: Money = UNLIMITED
    campaign: Money = UNLIMITED
    hour: Money = UNLIMITED

    def of(self, scope: Scope) -> Money:
        """The limit of a scope."""
        limit: Money = getattr(self, scope.value)
        return limit


@dataclass(frozen=True, slots=True)
class Account:
    """Where the spending of a job belongs: an item, its node and its chapter."""

    item: int
    node: str
    chapter: str


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why a job cannot be sent.

    Attributes:
        scope: whose limit it is.
        of: which item, node or chapter; empty for the campaign and the hour.
        until: seconds since the epoch at which there will be enough; ``None`` where waiting does not help.
    """

    scope: Scope
    of: str = ""
    until: float | None = None


_Key = tuple[Scope, int | str]


@dataclass(slots=True)
class _Balance:
    """Of one item, node or chapter, of the campaign or the hour: what is spent, and what each job was promised."""

    spent: Money = Money()
    reserved: Money = Money()
    jobs: dict[int, Money] = field(default_factory=dict)

    @property
    def committed(self) -> Money:
        return self.spent + self.reserved


def _keys(account: Account) -> tuple[_Key, ...]:
    return (
        (Scope.ITEM, account.item),
        (Scope.NODE, account.node),
        (Scope.CHAPTER, account.chapter),
        (Scope.CAMPAIGN, ""),
        (Scope.HOUR, ""),
    )


class Ledger:
    """What is spent and promised.

    Invariant: unless a job overran what it was promised, more was booked than was promised, or limits are narrower than
    when it was promised, what is spent and promised together is within the limit of every scope.

    Args:
        limits: of each scope.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._balances: dict[_Key, _Balance] = {}
        self._accounts: dict[int, Account] = {}
        self._window: deque[tuple[float, Money]] = deque()
        self._over: set[_Key] = set()

    @property
    def spent(self) -> Money:
        """By everything that has ended."""
        return self._balance((Scope.CAMPAIGN, "")).spent

    @property
    def reserved(self) -> Money:
        """Promised to jobs that run."""
        return self._balance((Scope.CAMPAIGN, "")).reserved

    def spent_on(self, scope: Scope, of: int | str) -> Money:
        """What was spent on an item (by its id), a node or a chapter."""
        return self._balance((scope, of)).spent

    def room(self, account: Account, now: float) -> Money:
        """What a new job may be promised: the least that is left in any scope, and at most an attempt's limit."""
        self._slide(now)
        room = self.limits.attempt
        for key in _keys(account):
            room = room.least(self._left(key))
        return room

    def shortage(self, account: Account, need: Money, now: float) -> Shortage | None:
        """Says whose limit keeps a job that needs so much from being sent; ``None`` where none does.

        Of several the one that lasts is said: a limit that time or a running job may lift is not, while another
        stays. What running jobs were promised and do not spend becomes free again.
        """
        self._slide(now)
        passing: Shortage | None = None
        for key in reversed(_keys(account)):
            if self._left(key).covers(need):
                continue
            scope, of = key
            if scope is Scope.HOUR:
                passing = Shortage(scope, until=self._frees_at(need))
            elif not (self.limits.of(scope) - self._balance(key).spent).covers(need):
                return Shortage(scope, str(of))
            else:
                passing = passing or Shortage(scope, str(of), until=now)
        return passing

    def reserve(self, job: int, account: Account, promised: Money) -> None:
        """Promises a job that is about to be sent so much. A job that was promised something keeps that.

        What is promised without a limit is not added up: it was promised because there is none.
        """
        if job in self._accounts:
            return
        promised = Money(_finite(promised.usd), _finite(promised.tokens))
        self._accounts[job] = account
        for key in _keys(account):
            balance = self._balances.setdefault(key, _Balance())
            balance.jobs[job] = promised
            balance.reserved += promised
            self._watch(key)

    def settle(self, job: int, spent: Money, now: float) -> None:
        """A job has ended and spent so much; what it was promised beyond that is free again."""
        account = self._accounts.pop(job, None)
        if account is None:
            return
        for key in _keys(account):
            balance = self._balances[key]
            promised = balance.jobs.pop(job)
            balance.reserved = balance.reserved - promised if balance.jobs else Money()
        self.book(account, spent, now)

    def book(self, account: Account, spent: Money, now: float) -> None:
        """Books what was spent without a promise, such as by a job that was given up before it reported."""
        self._slide(now)
        for key in _keys(account):
            self._balances.setdefault(key, _Balance()).spent += spent
            self._watch(key)
        # A clock that was set back must not make an entry leave the window before older ones.
        self._window.append((max(now, self._window[-1][0]) if self._window else now, spent))

    def set_limits(self, limits: Limits) -> None:
        """Puts other limits in force."""
        self.limits = limits
        for key in self._balances:
            self._watch(key)

    def overshot(self, now: float) -> tuple[int, ...]:
        """Jobs to stop so that what is left is within every limit: where one is overshot, those sent last.

        Those have done least. Nothing is left to stop where what has ended overshot a limit by itself.
        """
        self._slide(now)
        stopped: dict[int, None] = {}
        for key in sorted(self._over):
            balance = self._balances[key]
            committed = balance.committed
            for job in stopped:
                committed -= balance.jobs.get(job, Money())
            for job in sorted(balance.jobs, reverse=True):
                if self.limits.of(key[0]).covers(committed):
                    break
                if job not in stopped:
                    stopped[job] = None
                    committed -= balance.jobs[job]
        return tuple(sorted(stopped))

    def _balance(self, key: _Key) -> _Balance:
        return self._balances.get(key) or _Balance()

    def _left(self, key: _Key) -> Money:
        return self.limits.of(key[0]) - self._balance(key).committed

    def _watch(self, key: _Key) -> None:
        """Takes note whether a limit is overshot, so that nobody has to look through all of them."""
        if self.limits.of(key[0]).covers(self._balances[key].committed):
            self._over.discard(key)
        else:
            self._over.add(key)

    def _slide(self, now: float) -> None:
        """Lets go of what was settled more than an hour ago."""
        key: _Key = (Scope.HOUR, "")
        while self._window and self._window[0][0] <= now - HOUR:
            balance = self._balances[key]
            _, spent = self._window.popleft()
            balance.spent = balance.spent - spent if self._window else Money()
            self._watch(key)

    def _frees_at(self, need: Money) -> float | None:
        """When the hour will have room for `need`, if what runs spends all it was promised and nothing is sent."""
        left = self._left((Scope.HOUR, ""))
        for at, spent in self._window:
            left += spent
            if left.covers(need):
                return at + HOUR
        return None


def _finite(amount: float) -> float:
    return amount if math.isfinite(amount) else 0.0
