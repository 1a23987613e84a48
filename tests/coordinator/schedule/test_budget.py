"""Dollars and tokens: reserved before a job is sent, settled after, and within every limit at any moment."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.campaign.settings import Settings
from coordinator.schedule.budget import UNLIMITED, Account, Limits, Money, Scope, Shortage, limits_of, say
from coordinator.schedule.purse import HOUR, Draft, Purse

HERE = Account(1, "lem:a", "1")
NODES = [Account(1, "lem:a", "1"), Account(2, "lem:a", "1"), Account(3, "lem:b", "1"), Account(4, "thm:c", "2")]


def usd(amount: float) -> Money:
    return Money(amount, math.inf)


def short_of(purse: Purse, need: float, limits: Limits, now: float, drafted: Draft | None = None) -> Shortage | None:
    return purse.shortage(HERE, Money(need), Money(need), limits, now, drafted)


def settle(purse: Purse, job: int, account: Account, spent: float, at: float) -> None:
    purse.release(job)
    purse.book(account, Money(spent), at)


def test_room_is_the_least_that_is_left_in_any_scope() -> None:
    limits = Limits(item=usd(8), node=usd(9), chapter=usd(20), campaign=usd(21))
    purse = Purse()
    assert purse.room(HERE, limits, 0.0).usd == 8.0
    purse.reserve(1, HERE, Money(5.0))
    assert purse.room(HERE, limits, 0.0).usd == 3.0
    assert purse.room(NODES[1], limits, 0.0).usd == 4.0
    settle(purse, 1, HERE, 1.0, 0.0)
    assert purse.room(HERE, limits, 0.0).usd == 7.0
    assert purse.spent == Money(1.0)
    assert purse.spent_on(Scope.CHAPTER, "1") == Money(1.0)
    assert purse.reserved == Money()


def test_tokens_are_limited_as_dollars_are() -> None:
    limits = Limits(node=Money(math.inf, 1000), chapter=Money(math.inf, 1500))
    purse = Purse()
    purse.reserve(1, HERE, Money(math.inf, 1000))
    assert purse.room(NODES[2], limits, 0.0).tokens == 500
    assert purse.room(NODES[3], limits, 0.0).tokens == 1000
    short = purse.shortage(HERE, Money(1.0, 10), Money(1.0, 10), limits, 3.0)
    assert short == Shortage(Scope.NODE, "lem:a", 3.0, "tokens", 1000)


def test_promises_about_to_be_made_count_as_those_that_were() -> None:
    limits, purse, draft = Limits(campaign=usd(10), chapter=usd(7)), Purse(), Draft()
    draft.promise(HERE, Money(5.0))
    assert purse.room(HERE, limits, 0.0, draft).usd == 2.0
    assert purse.room(NODES[3], limits, 0.0, draft).usd == 5.0
    assert purse.room(HERE, limits, 0.0).usd == 7.0
    assert short_of(purse, 3.0, limits, 4.0, draft) == Shortage(Scope.CHAPTER, "1", 4.0, "usd", 7.0)


def test_what_was_settled_an_hour_ago_leaves_the_hour_and_stays_in_the_campaign() -> None:
    limits, purse = Limits(campaign=usd(100), hour=usd(10)), Purse()
    purse.reserve(1, HERE, Money(6.0))
    settle(purse, 1, HERE, 6.0, 100.0)
    assert purse.room(HERE, limits, 200.0).usd == pytest.approx(4.0)
    assert short_of(purse, 5.0, limits, 200.0) == Shortage(Scope.HOUR, "", 100.0 + HOUR, "usd", 10.0)
    assert purse.room(HERE, limits, 100.0 + HOUR).usd == pytest.approx(10.0)
    assert purse.spent == Money(6.0)


def test_in_the_hour_a_job_waits_until_it_need_not_be_cut_short() -> None:
    limits, purse = Limits(campaign=usd(8), hour=usd(6)), Purse()
    purse.book(HERE, Money(3.0), 100.0)
    assert purse.shortage(HERE, Money(1.0), Money(3.0), limits, 200.0) is None
    waits = Shortage(Scope.HOUR, "", 100.0 + HOUR, "usd", 6.0)
    assert purse.shortage(HERE, Money(1.0), Money(4.0), limits, 200.0) == waits
    narrow = Limits(campaign=usd(5), hour=usd(6))  # the campaign leaves it no more than the hour has
    assert purse.shortage(HERE, Money(1.0), Money(4.0), narrow, 200.0) is None


def test_an_hour_that_is_too_narrow_for_a_call_never_has_room() -> None:
    assert short_of(Purse(), 2.0, Limits(hour=usd(1)), 5.0) == Shortage(Scope.HOUR, "", None, "usd", 1.0)


def test_what_a_late_report_says_counts_in_the_hour_in_which_the_lease_was_lost() -> None:
    limits, purse = Limits(hour=usd(10)), Purse()
    purse.book(HERE, Money(5.0), 100.0)
    purse.book(HERE, Money(1.0), 2000.0)
    purse.book(HERE, Money(-2.0), 100.0)
    assert purse.room(HERE, limits, 2500.0).usd == pytest.approx(6.0)
    assert purse.room(HERE, limits, 100.0 + HOUR).usd == pytest.approx(9.0)
    purse.book(HERE, Money(1.0), 100.0)  # so late that its hour is over
    assert purse.room(HERE, limits, 101.0 + HOUR).usd == pytest.approx(9.0)
    assert purse.spent.usd == pytest.approx(5.0)


def test_a_limit_that_is_spent_is_told_from_one_that_running_jobs_hold() -> None:
    limits, purse = Limits(item=usd(5), campaign=usd(100)), Purse()
    purse.reserve(1, HERE, Money(5.0))
    assert short_of(purse, 1.0, limits, 7.0) == Shortage(Scope.ITEM, "1", 7.0, "usd", 5.0)
    settle(purse, 1, HERE, 5.0, 8.0)
    assert short_of(purse, 1.0, limits, 9.0) == Shortage(Scope.ITEM, "1", None, "usd", 5.0)
    assert purse.shortage(NODES[1], Money(1.0), Money(1.0), limits, 9.0) is None


def test_money_spent_on_what_the_book_no_longer_has_counts_for_the_campaign_and_the_hour() -> None:
    limits, purse = Limits(chapter=usd(1), campaign=usd(9), hour=usd(8)), Purse()
    nowhere = Account(0, "", "")
    purse.book(nowhere, Money(3.0), 10.0)
    assert purse.room(nowhere, limits, 11.0).usd == pytest.approx(5.0)
    assert purse.spent == Money(3.0)


@pytest.mark.parametrize(
    ("shortage", "said"),
    [
        (Shortage(Scope.ITEM, "4", None, "usd", 12.0), "a stage of a node, $12.00, is spent; raise `budget.item.usd`"),
        (Shortage(Scope.CHAPTER, "0", None, "tokens", 9e6), "chapter 2 Rings, 9,000,000 tokens, is spent"),
        (
            Shortage(Scope.CAMPAIGN, "", None, "usd", 50.0),
            "the campaign, $50.00, is spent; raise `budget",
        ),
        (Shortage(Scope.HOUR, "", None, "usd", 0.1), "take more than the $0.10 that may be spent in an hour; raise"),
    ],
)
def test_a_spent_limit_is_named_with_the_setting_to_raise(shortage: Shortage, said: str) -> None:
    assert said in say(shortage, "2 Rings")


def test_a_job_is_promised_and_released_once() -> None:
    limits, purse = Limits(campaign=usd(10)), Purse()
    purse.reserve(1, HERE, Money(4.0))
    purse.reserve(1, HERE, Money(4.0))
    assert purse.room(HERE, limits, 0.0).usd == 6.0
    purse.release(1)
    purse.release(1)
    assert purse.room(HERE, limits, 0.0).usd == 10.0


def test_a_limit_made_narrower_stops_the_jobs_sent_last_and_no_more_than_it_must() -> None:
    purse = Purse()
    for job in range(1, 7):
        purse.reserve(job, HERE, Money(5.0))
    assert purse.overshot(Limits(campaign=usd(30)), 0.0) == ()
    assert purse.overshot(Limits(campaign=usd(18)), 0.0) == (4, 5, 6)
    assert purse.overshot(Limits(campaign=usd(18)), 0.0) == (4, 5, 6)


def test_money_of_a_lost_job_that_comes_in_late_stops_another() -> None:
    limits, purse = Limits(campaign=usd(10), item=usd(6)), Purse()
    purse.reserve(1, NODES[0], Money(5.0))
    purse.reserve(2, NODES[3], Money(5.0))
    assert purse.overshot(limits, 0.0) == ()
    purse.book(NODES[3], Money(3.0), 0.0)
    assert purse.overshot(limits, 0.0) == (2,)
    settle(purse, 2, NODES[3], 0.5, 1.0)
    assert purse.overshot(limits, 1.0) == ()


def test_without_limits_there_is_room_for_everything() -> None:
    assert Purse().room(HERE, Limits(), 0.0) == UNLIMITED


def test_settings_say_the_limit_of_each_scope() -> None:
    settings = Settings.model_validate(
        {
            "budget_usd": 40.0,
            "attempt": {"max_cost_usd": 2.0},
            "budget": {
                "attempt": {"tokens": 900},
                "item": {"usd": 4},
                "chapter": {"tokens": 5000},
                "hour": {"usd": 9, "tokens": 7000},
            },
        }
    )
    assert limits_of(settings) == Limits(
        attempt=Money(2.0, 900),
        item=usd(4),
        chapter=Money(math.inf, 5000),
        campaign=usd(40),
        hour=Money(9, 7000),
    )
    other = Settings.model_validate({"budget": {"campaign": {"usd": 70.0}}})
    assert (limits_of(other).campaign, other.budget_usd) == (usd(70), 70.0)


def test_a_limit_of_tokens_needs_one_for_each_attempt() -> None:
    with pytest.raises(ValueError, match=r"needs `budget\.attempt\.tokens`"):
        Settings.model_validate({"budget": {"hour": {"tokens": 5}}})


def test_a_limit_may_go_by_its_old_name_and_by_both_only_if_they_agree() -> None:
    both = {"attempt": {"max_cost_usd": 3.0}, "budget": {"attempt": {"usd": 3.0}}}
    assert limits_of(Settings.model_validate(both)).attempt == usd(3)
    with pytest.raises(ValueError, match=r"`budget_usd` and `budget\.campaign\.usd` are two names of one limit"):
        Settings.model_validate({"budget_usd": 40.0, "budget": {"campaign": {"usd": 70.0}}})
    with pytest.raises(ValueError, match="budget"):
        Settings.model_validate({"budget_usd": 40.0, "budget": "all of it"})


@dataclass
class Spender:
    """Attempts that make calls of up to a dollar, and stop as soon as they have spent what they were promised."""

    purse: Purse
    limits: Limits
    now: float = 0.0
    sent: int = 0
    running: dict[int, tuple[Account, Money]] = field(default_factory=dict)
    spent: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    calls: list[tuple[float, Account, float]] = field(default_factory=list)
    allowed: int = 0

    def send(self, account: Account) -> None:
        cap = self.purse.room(account, self.limits, self.now).least(self.limits.attempt)
        if cap.usd >= 0.1:
            self.sent += 1
            self.purse.reserve(self.sent, account, cap)
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
        account, _ = self.running.pop(job)
        settle(self.purse, job, account, self.spent[job], self.now)

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
    spender = Spender(Purse(), limits)
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
            assert spender.purse.overshot(limits, spender.now) == ()


@given(STEPS)
def test_what_was_reserved_is_free_again_when_all_jobs_have_ended(steps: list[tuple[str, int, float]]) -> None:
    spender = Spender(Purse(), Limits(attempt=usd(2), campaign=usd(50)))
    for what, number, cost in steps:
        jobs = sorted(spender.running)
        if what == "send":
            spender.send(NODES[number])
        elif jobs and what == "call":
            spender.call(jobs[number % len(jobs)], cost, overrun=False)
    for job in list(spender.running):
        spender.end(job)
    assert spender.purse.reserved == Money()
    assert spender.purse.spent.usd == pytest.approx(spender.most(), abs=1e-6)


AMOUNTS = st.integers(1, 40).map(float)
SPENDINGS = st.lists(st.tuples(st.integers(0, 3), AMOUNTS, st.integers(0, 5000).map(float)), max_size=12)
_BEYOND_REACH = 1e12


@given(SPENDINGS, st.dictionaries(st.sampled_from([each.value for each in Scope]), AMOUNTS), AMOUNTS, AMOUNTS)
def test_no_limit_is_as_good_as_one_that_nobody_reaches(
    spendings: list[tuple[int, float, float]], set_limits: dict[str, float], need: float, full: float
) -> None:
    far = {each.value: Money(_BEYOND_REACH, _BEYOND_REACH) for each in Scope}
    none = Limits(**{name: usd(each) for name, each in set_limits.items()})
    reached = Limits(**(far | {name: Money(each, _BEYOND_REACH) for name, each in set_limits.items()}))
    purse, draft = Purse(), Draft()
    for job, (place, amount, at) in enumerate(spendings):
        purse.book(NODES[place], Money(amount), at)
        purse.reserve(job, NODES[-1 - place], Money(amount / 2))
        draft.promise(NODES[place], Money(amount / 4))
    for account in NODES:
        most = Money(_BEYOND_REACH / 2, _BEYOND_REACH / 2)
        rooms = [purse.room(account, limits, 5000.0, draft).least(most) for limits in (none, reached)]
        assert rooms[0] == rooms[1]
        needs = Money(need), Money(need + full)
        assert purse.shortage(account, *needs, none, 5000.0, draft) == purse.shortage(
            account, *needs, reached, 5000.0, draft
        )
    assert purse.overshot(none, 5000.0) == purse.overshot(reached, 5000.0)


@given(SPENDINGS)
def test_an_hour_filled_at_once_is_the_hour_booked_one_by_one(spendings: list[tuple[int, float, float]]) -> None:
    spendings.sort(key=lambda each: each[2])
    booked, filled = Purse(), Purse()
    for place, amount, at in spendings:
        booked.book(NODES[place], Money(amount), at)
        filled.carry(NODES[place], Money(amount))
    filled.fill_hour((at, amount, 0.0) for _, amount, at in spendings)
    limits = Limits(hour=usd(500), campaign=usd(400))
    for now in (0.0, 3000.0, 4200.0, 9000.0):
        assert [p.room(HERE, limits, now) for p in (booked, filled)] == [booked.room(HERE, limits, now)] * 2
        assert filled.spent_on(Scope.HOUR) == booked.spent_on(Scope.HOUR)
