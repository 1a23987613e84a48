"""Dollars and tokens: reserved before a job is sent, settled after, and within every limit at any moment."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.budget import HOUR, UNLIMITED, Account, Ledger, Limits, Money, Scope, Shortage

HERE = Account(1, "lem:a", "1")
NODES = [Account(1, "lem:a", "1"), Account(2, "lem:a", "1"), Account(3, "lem:b", "1"), Account(4, "thm:c", "2")]


def usd(amount: float) -> Money:
    return Money(amount, math.inf)


def test_room_is_the_least_that_is_left_in_any_scope() -> None:
    ledger = Ledger(Limits(attempt=usd(5), item=usd(8), node=usd(9), chapter=usd(20), campaign=usd(21)))
    assert ledger.room(HERE, 0.0).usd == 5.0
    ledger.reserve(1, HERE, Money(5.0))
    assert ledger.room(HERE, 0.0).usd == 3.0
    assert ledger.room(NODES[1], 0.0).usd == 4.0
    ledger.settle(1, Money(1.0), 0.0)
    assert ledger.room(HERE, 0.0).usd == 5.0
    assert ledger.spent == Money(1.0)
    assert ledger.spent_on(Scope.CHAPTER, "1") == Money(1.0)
    assert ledger.reserved == Money()


def test_tokens_are_limited_as_dollars_are() -> None:
    ledger = Ledger(Limits(attempt=Money(math.inf, 1000), chapter=Money(math.inf, 1500)))
    ledger.reserve(1, HERE, Money(0.0, 1000))
    assert ledger.room(NODES[2], 0.0).tokens == 500
    assert ledger.room(NODES[3], 0.0).tokens == 1000


def test_what_was_settled_an_hour_ago_leaves_the_hour_and_stays_in_the_campaign() -> None:
    ledger = Ledger(Limits(campaign=usd(100), hour=usd(10)))
    ledger.reserve(1, HERE, Money(6.0))
    ledger.settle(1, Money(6.0), 100.0)
    assert ledger.room(HERE, 200.0).usd == pytest.approx(4.0)
    assert ledger.shortage(HERE, Money(5.0), 200.0) == Shortage(Scope.HOUR, until=100.0 + HOUR)
    assert ledger.room(HERE, 100.0 + HOUR).usd == pytest.approx(10.0)
    assert ledger.spent == Money(6.0)


def test_a_limit_that_is_spent_is_told_from_one_that_running_jobs_hold() -> None:
    ledger = Ledger(Limits(item=usd(5), campaign=usd(100)))
    ledger.reserve(1, HERE, Money(5.0))
    assert ledger.shortage(HERE, Money(1.0), 7.0) == Shortage(Scope.ITEM, "1", until=7.0)
    ledger.settle(1, Money(5.0), 8.0)
    assert ledger.shortage(HERE, Money(1.0), 9.0) == Shortage(Scope.ITEM, "1", until=None)
    assert ledger.shortage(NODES[1], Money(1.0), 9.0) is None


def test_a_job_is_promised_and_settled_once() -> None:
    ledger = Ledger(Limits(campaign=usd(10)))
    ledger.reserve(1, HERE, Money(4.0))
    ledger.reserve(1, HERE, Money(4.0))
    ledger.settle(1, Money(2.0), 0.0)
    ledger.settle(1, Money(2.0), 0.0)
    assert ledger.room(HERE, 0.0).usd == 8.0


def test_a_limit_made_narrower_stops_the_jobs_sent_last_and_no_more_than_it_must() -> None:
    ledger = Ledger(Limits(campaign=usd(30)))
    for job in range(1, 7):
        ledger.reserve(job, HERE, Money(5.0))
    assert ledger.overshot(0.0) == ()
    ledger.set_limits(Limits(campaign=usd(18)))
    assert ledger.overshot(0.0) == (4, 5, 6)


def test_money_of_a_lost_job_that_comes_in_late_stops_another() -> None:
    ledger = Ledger(Limits(campaign=usd(10), item=usd(6)))
    ledger.reserve(1, NODES[0], Money(5.0))
    ledger.reserve(2, NODES[3], Money(5.0))
    ledger.book(NODES[3], Money(3.0), 0.0)
    assert ledger.overshot(0.0) == (2,)
    ledger.settle(2, Money(0.5), 1.0)
    assert ledger.overshot(1.0) == ()


def test_without_limits_there_is_room_for_everything() -> None:
    assert Ledger(Limits()).room(HERE, 0.0) == UNLIMITED


@dataclass
class Spender:
    """Attempts that make calls of up to a dollar, and stop as soon as they have spent what they were promised."""

    ledger: Ledger
    now: float = 0.0
    sent: int = 0
    running: dict[int, tuple[Account, Money]] = field(default_factory=dict)
    spent: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    calls: list[tuple[float, Account, float]] = field(default_factory=list)
    allowed: int = 0

    def send(self, account: Account) -> None:
        cap = self.ledger.room(account, self.now)
        if cap.usd >= 0.1:
            self.sent += 1
            self.ledger.reserve(self.sent, account, cap)
            self.running[self.sent] = (account, cap)
            self.allowed = len(self.running)

    def call(self, job: int, cost: float, *, overrun: bool) -> None:
        account, cap = self.running[job]
        if self.spent[job] >= cap.usd or (not overrun and self.spent[job] + cost > cap.usd):
            self.end(job)
            return
        self.spent[job] += cost
        self.calls.append((self.now, account, cost))

    def end(self, job: int) -> None:
        self.running.pop(job)
        self.ledger.settle(job, Money(self.spent[job]), self.now)

    def most(self, within: Account | None = None, scope: str = "", since: float = -math.inf) -> float:
        return sum(
            cost
            for at, account, cost in self.calls
            if at > since and (within is None or getattr(account, scope) == getattr(within, scope))
        )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 3), st.just(0.0)),
        st.tuples(st.just("call"), st.integers(0, 9), st.floats(0.01, 1.0)),
        st.tuples(st.just("end"), st.integers(0, 9), st.just(0.0)),
        st.tuples(st.just("wait"), st.integers(1, 1800), st.just(0.0)),
    ),
    max_size=120,
)


@given(STEPS, st.booleans())
def test_spending_stays_within_each_limit_by_at_most_one_call_for_each_running_attempt(
    steps: list[tuple[str, int, float]], overrun: bool
) -> None:
    limits = Limits(usd(2), usd(4), usd(5), usd(6), usd(20), usd(7))
    spender = Spender(Ledger(limits))
    for what, number, cost in steps:
        jobs = sorted(spender.running)
        if what == "send":
            spender.send(NODES[number])
        elif what == "wait":
            spender.now += number
        elif jobs and what == "call":
            spender.call(jobs[number % len(jobs)], cost, overrun=overrun)
        elif jobs:
            spender.end(jobs[number % len(jobs)])
        # A call costs a dollar at most; only attempts that ran when the last one was sent can overrun anything.
        allowance = 1e-6 + (spender.allowed if overrun else 0)
        for account in NODES:
            for scope in ("item", "node", "chapter"):
                assert spender.most(account, scope) <= limits.of(Scope(scope)).usd + allowance
        assert spender.most() <= 20 + allowance
        assert spender.most(since=spender.now - HOUR) <= 7 + allowance
        if not overrun:
            assert spender.ledger.overshot(spender.now) == ()


@given(STEPS)
def test_what_was_reserved_is_free_again_when_all_jobs_have_ended(steps: list[tuple[str, int, float]]) -> None:
    spender = Spender(Ledger(Limits(attempt=usd(2), campaign=usd(50))))
    for what, number, cost in steps:
        jobs = sorted(spender.running)
        if what == "send":
            spender.send(NODES[number])
        elif jobs and what == "call":
            spender.call(jobs[number % len(jobs)], cost, overrun=False)
    for job in list(spender.running):
        spender.end(job)
    assert spender.ledger.reserved == Money()
    assert spender.ledger.spent.usd == pytest.approx(spender.most(), abs=1e-6)
