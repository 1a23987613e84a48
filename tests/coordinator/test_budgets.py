"""Limits of what may be spent as the scheduler keeps them: single decisions, and whole campaigns on a real store."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agents import Usage
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.schedule.actions import Finish, GiveUp, Revoke, StartAttempt
from coordinator.schedule.budget import Money, Scope, limits_of
from coordinator.schedule.chapters import chapters_of
from coordinator.schedule.purse import HOUR
from coordinator.schedule.state import CampaignState, Item, Job, PullRequest
from coordinator.store import jobs, reports, spending
from coordinator.store.items import seed_items
from coordinator.store.loading import load_state
from coordinator.store.schema import items as item_rows
from coordinator.store.schema import jobs as job_rows
from coordinator.views.limits import read_standings, standings
from coordinator.work.reports import AttemptEnded
from tests.support.books import book, node
from tests.support.scheduled_world import World, books
from tests.support.scheduling import HEAD, decided, item, state

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.schedule.actions import Action
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction


def limited(**budget: object) -> Settings:
    return Settings.model_validate({"budget": {"attempt": {"usd": 2.0}, "campaign": {"usd": 1000.0}, **budget}})


TWO_CHAPTERS = book(node("a"), node("b"), node("c", chapter=1), chapters=("One", "Two"))


def in_chapters(*items: Item, **more: object) -> CampaignState:
    return state(*items, chapters=chapters_of(TWO_CHAPTERS), **more)


def started(actions: list[Action]) -> list[tuple[int, float]]:
    return sorted((each.item, each.cap_usd) for each in actions if isinstance(each, StartAttempt))


def test_a_chapter_that_has_spent_its_limit_is_given_up_and_the_others_go_on() -> None:
    rules = limited(chapter={"usd": 3.0})
    ready = in_chapters(item(1, "a"), item(2, "b"), item(3, "c"))
    ready.purse.carry(ready.account(1), Money(2.0))
    assert started(decided(ready, TWO_CHAPTERS, rules=rules)) == [(1, 1.0), (3, 2.0)]
    ready.purse.carry(ready.account(1), Money(1.0))
    actions = decided(ready, TWO_CHAPTERS, rules=rules)
    assert started(actions) == [(3, 2.0)]
    given_up = {each.item: each.reason for each in actions if isinstance(each, GiveUp)}
    assert given_up.keys() == {1, 2}
    assert given_up[1] == "The budget of chapter One, $3.00, is spent; raise `budget.chapter.usd` to go on."


def test_an_item_and_a_node_have_limits_of_their_own() -> None:
    ready = in_chapters(item(1, "a"), item(2, "b"), item(3, "c"))
    ready.purse.carry(ready.account(1), Money(2.5))
    assert started(decided(ready, TWO_CHAPTERS, rules=limited(item={"usd": 3.0}))) == [(1, 0.5), (2, 2.0), (3, 2.0)]
    actions = decided(ready, TWO_CHAPTERS, rules=limited(node={"usd": 2.5}))
    assert started(actions) == [(2, 2.0), (3, 2.0)]
    assert [each.item for each in actions if isinstance(each, GiveUp)] == [1]


def test_what_running_jobs_hold_is_waited_for() -> None:
    job = Job(7, "attempt", 1, None, 1, 99.0, cap_usd=3.0)
    running = in_chapters(item(1, "a"), item(2, "b"), item(3, "c"), jobs=(job,))
    actions = decided(running, TWO_CHAPTERS, rules=limited(chapter={"usd": 3.0}))
    assert started(actions) == [(3, 2.0)]
    assert not any(isinstance(each, GiveUp) for each in actions)


def test_a_review_without_money_waits_with_its_work_until_a_limit_is_raised() -> None:
    request = PullRequest(1, 1, "reviewing", HEAD, HEAD)
    asked = in_chapters(item(1, "a"), item(3, "c"), pull_requests=(request,))
    asked.purse.carry(asked.account(1), Money(3.0))
    rules = limited(item={"usd": 3.0})
    assert started(decided(asked, TWO_CHAPTERS, rules=rules)) == [(3, 2.0)]
    alone = in_chapters(item(1, "a"), pull_requests=(request,))
    alone.purse.carry(alone.account(1), Money(3.0))
    (finish,) = decided(alone, TWO_CHAPTERS, rules=rules)
    assert isinstance(finish, Finish)
    assert (finish.state, "`budget.item.usd`" in finish.reason) == ("out_of_budget", True)
    later = in_chapters(item(1, "a"), item(3, "c", not_before=50.0), pull_requests=(request,))
    later.purse.carry(later.account(1), Money(3.0))
    assert decided(later, TWO_CHAPTERS, rules=rules) == []


def test_when_the_hours_money_is_spent_nothing_starts_until_the_hour_is_over() -> None:
    rules, now = limited(hour={"usd": 5.0}), 10_000.0
    ready = in_chapters(item(1, "a"), item(2, "b"))
    ready.purse.book(ready.account(1), Money(4.0), now)
    ready.purse.book(ready.account(1), Money(1.0), now + 60)
    assert decided(ready, TWO_CHAPTERS, now + 70, rules) == []
    assert started(decided(ready, TWO_CHAPTERS, now + 3600, rules)) == [(1, 2.0), (2, 2.0)]


def test_an_hour_in_which_no_call_fits_ends_the_campaign_with_the_setting_to_raise() -> None:
    ready = in_chapters(item(1, "a"))
    (finish,) = decided(ready, TWO_CHAPTERS, rules=limited(hour={"usd": 0.001}))
    assert isinstance(finish, Finish)
    assert finish.state == "out_of_budget"
    assert "`budget.hour.usd`" in finish.reason


def test_jobs_are_stopped_when_a_limit_is_overshot_those_sent_last_first() -> None:
    jobs_sent = tuple(Job(number, "attempt", number, None, 1, 99.0, cap_usd=2.0) for number in (1, 2, 3))
    running = in_chapters(item(1, "a"), item(2, "b"), item(3, "c"), jobs=jobs_sent)
    assert decided(running, TWO_CHAPTERS, rules=limited(campaign={"usd": 6.0})) == []
    for _ in range(2):
        assert decided(running, TWO_CHAPTERS, rules=limited(campaign={"usd": 5.0})) == [Revoke(3)]


def test_tokens_are_promised_as_dollars_are() -> None:
    rules = Settings.model_validate({"budget": {"attempt": {"tokens": 700}, "campaign": {"tokens": 1000}}})
    starts = decided(in_chapters(item(1, "a"), item(2, "b"), item(3, "c")), TWO_CHAPTERS, rules=rules)
    assert [each.cap_tokens for each in starts if isinstance(each, StartAttempt)] == [700, 300]


def test_a_person_may_allow_an_attempt_more_but_no_limit_of_another_scope() -> None:
    ready = in_chapters(item(1, "a", max_cost_usd=9.0), item(2, "b"))
    assert started(decided(ready, TWO_CHAPTERS, rules=limited())) == [(1, 9.0), (2, 2.0)]
    assert started(decided(ready, TWO_CHAPTERS, rules=limited(item={"usd": 4.0}))) == [(1, 4.0), (2, 2.0)]


TIGHT = Settings.model_validate(
    {
        "retry": {"max_attempts": 4, "backoff_seconds": 0.5},
        "budget": {
            "attempt": {"usd": 2.0, "tokens": 900},
            "item": {"usd": 5.0, "tokens": 3000},
            "node": {"usd": 8.0},
            "chapter": {"usd": 15.0, "tokens": 9000},
            "campaign": {"usd": 24.0, "tokens": 15_000},
            "hour": {"usd": 7.0, "tokens": 5000},
        },
    }
)


class Spenders(World):
    """Workers that spend up to all they may, and tell some of it while they are at it."""

    step_seconds = 120.0
    lease_seconds = 700.0

    def usage(self, job: Job) -> Usage:
        part = self.random.choice((0.1, 0.8, 1.0))
        return Usage(int((job.cap_tokens or 0) * part), cost_usd=job.cap_usd * part, calls=1)

    def end(self, job: Job) -> None:
        with self.ledger.begin() as transaction:
            jobs.take_jobs(transaction, "w", [job.id], self.now)
            if self.random.random() < 0.5:
                part = self.random.random()
                told = Usage(int((job.cap_tokens or 0) * part), cost_usd=job.cap_usd * part)
                spending.note_told(transaction, {job.id: told})
        super().end(job)

    def check(self, now_state: CampaignState) -> None:
        super().check(now_state)
        for scope, of, usd, tokens in self.committed():
            limit = limits_of(self.rules).of(scope)
            assert usd <= limit.usd + 1e-6, f"{scope} {of}: {usd} dollars"
            assert tokens <= limit.tokens, f"{scope} {of}: {tokens} tokens"

    def committed(self) -> list[tuple[Scope, object, float, float]]:
        """Dollars and tokens that the store says are spent or promised, in every scope, added up anew."""
        chapters = chapters_of(self.graph.blueprint)
        sums: dict[tuple[Scope, object], tuple[float, float]] = {}
        with self.store.begin() as transaction:
            rows = transaction.execute(select(job_rows, item_rows.c.label).join(item_rows, isouter=True)).all()
        for row in rows:
            ended = row.state == "ended"
            usd = row.cost_usd if ended else row.cap_usd
            tokens = row.input_tokens + row.output_tokens if ended else row.cap_tokens or 0
            scopes = [(Scope.ITEM, row.item), (Scope.NODE, row.label), (Scope.CHAPTER, chapters.of.get(row.label))]
            scopes += [(Scope.CAMPAIGN, "")]
            scopes += [(Scope.HOUR, "")] if not ended or row.ended_at > self.now - HOUR else []
            for key in scopes:
                before = sums.get(key, (0.0, 0.0))
                sums[key] = before[0] + usd, before[1] + tokens
        return [(scope, of, *both) for (scope, of), both in sums.items()]


@settings(max_examples=12, deadline=None)
@given(books(), st.integers(0, 1000))
def test_what_is_spent_and_promised_never_exceeds_any_limit_in_any_scope(made: Blueprint, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = Spenders(Path(folder), made, seed, TIGHT)
        finish = world.run()
        last = world.load()
        world.store.close()
    assert finish.state in {"done", "stuck", "out_of_budget"}
    assert not last.jobs
    for each in last.items.values():
        assert each.state != "failed" or each.reason


class Hopeless(Spenders):
    """Workers of whom none ever does what is asked of node ``x``, and all others are lucky."""

    def report(self, transaction: Transaction, job: Job, usage: Usage) -> None:
        if job.kind == "attempt" and self.ledger.state.by_id[job.item or 0].label == "x":
            ended = AttemptEnded(job.id, "gave_up", "words", usage)
            reports.end_attempt(transaction, ended, self.rules.retry, self.now)
        else:
            super().report(transaction, job, usage)


def test_an_item_that_can_never_be_done_costs_at_most_its_limit_and_delays_no_other(tmp_path: Path) -> None:
    rules = Settings.model_validate(
        {
            "retry": {"max_attempts": 1000, "backoff_seconds": 0.5},
            "budget": {"attempt": {"usd": 1.0}, "item": {"usd": 30.0}, "campaign": {"usd": 10_000.0}},
        }
    )
    world = Hopeless(tmp_path, book(node("x"), node("a"), node("b"), node("c")), 1, rules)
    finish = world.run()
    last = world.load()
    world.store.close()
    assert finish.state == "stuck"
    assert last.failed == {"x"}
    (given_up,) = [each for each in last.items.values() if each.state == "failed"]
    assert "budget.item.usd" in given_up.reason
    assert last.purse.spent_on(Scope.ITEM, given_up.id).usd <= 30.0
    assert set(last.landed) == {"a", "b", "c"}


def test_what_is_spent_of_each_limit_is_told() -> None:
    spending_some = in_chapters(item(1, "a"), item(3, "c"))
    spending_some.purse.book(spending_some.account(1), Money(1.5, 10), 100.0)
    spending_some.purse.reserve(9, spending_some.account(3), Money(2.0, 20))
    rules = limited(chapter={"usd": 3.0}, hour={"usd": 4.0})
    now = {(each.scope, each.of): each for each in standings(spending_some.purse, spending_some.chapters, rules, 200.0)}
    assert (now["campaign", ""].spent_usd, now["campaign", ""].promised_usd) == (1.5, 2.0)
    assert (now["campaign", ""].limit_usd, now["campaign", ""].limit_tokens) == (1000.0, None)
    assert (now["hour", ""].spent_usd, now["hour", ""].limit_usd) == (1.5, 4.0)
    assert (now["chapter", "One"].spent_usd, now["chapter", "Two"].promised_usd) == (1.5, 2.0)
    (later,) = [
        each
        for each in standings(spending_some.purse, spending_some.chapters, rules, 100.0 + HOUR)
        if each.scope == "hour"
    ]
    assert later.spent_usd == 0.0


def test_what_is_told_of_limits_is_what_decisions_go_by(store: Store) -> None:
    """Whoever only looks reads less: in all, in the last hour and by chapter it must come to the same."""
    sent = {"lease_seconds": 9.0, "base": ""}
    with store.begin() as transaction:
        seed_items(transaction, TWO_CHAPTERS)
        for number, now in ((1, 10.0), (3, 2000.0), (5, 4000.0)):
            job = jobs.send_job(transaction, "attempt", now=now, item=number, cap_usd=2.0, **sent)  # type: ignore[arg-type]
            used = Usage(input_tokens=number, output_tokens=7, cost_usd=0.25 * number)
            reports.end_attempt(transaction, AttemptEnded(job, "gave_up", "", used, ""), RetrySettings(), now + 1)
        jobs.send_job(transaction, "attempt", now=4002.0, item=5, cap_usd=1.5, cap_tokens=30, **sent)  # type: ignore[arg-type]
    total, hour, chapter = limited(), limited(hour={"usd": 5.0}), limited(hour={"usd": 4.0}, chapter={"usd": 3.0})
    with store.begin() as transaction:
        for rules in (total, hour, chapter):
            whole = load_state(transaction, TWO_CHAPTERS)
            told = read_standings(transaction, rules, TWO_CHAPTERS, 4010.0)
            assert told == standings(whole.purse, whole.chapters, rules, 4010.0)
            assert len(told) == {id(total): 1, id(hour): 2, id(chapter): 4}[id(rules)]
        (of_all, of_hour) = read_standings(transaction, hour, None, 4010.0)
    assert (of_all.spent_usd, of_all.promised_usd, of_all.promised_tokens) == (2.25, 1.5, 30)
    assert (of_hour.spent_usd, of_hour.spent_tokens, of_hour.limit_usd) == (2.0, 22, 5.0)
