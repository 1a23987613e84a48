"""The scheduler as a pure function, and the store's transitions below it, on random graphs with random workers."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.campaign.settings import Settings
from coordinator.schedule.actions import (
    Approve,
    Bounce,
    Capacity,
    Finish,
    Land,
    Reap,
    StartAttempt,
    StartAudit,
    StartBuild,
    StartResolve,
    StartReview,
)
from coordinator.schedule.retrying import rest_seconds, rules_of
from coordinator.schedule.scheduler import MAX_TRIES, decide
from coordinator.schedule.state import Job, PullRequest, Verdict
from tests.support.books import book, node

if TYPE_CHECKING:
    from blueprint import Blueprint
from tests.support.scheduled_world import World, books
from tests.support.scheduling import HEAD, OLD, RACING, SETTINGS, decided, item, readiness, state


def test_a_conflict_is_for_a_resolver_while_it_has_tries_and_main_is_known_to_build() -> None:
    made = book(node("a"))
    left = PullRequest(1, 1, "resolving", HEAD, HEAD)
    certain = {"main": HEAD, "certified": HEAD, "audited": HEAD}
    (start,) = decided(state(item(1, "a"), pull_requests=(left,), **certain), made)
    assert start == StartResolve(1, 1, 1, SETTINGS.attempt.max_cost_usd)
    assert not decided(state(item(1, "a"), pull_requests=(left,), **certain, paused=True), made)
    unknown = {**certain, "certified": OLD}
    assert decided(state(item(1, "a"), pull_requests=(left,), **unknown), made) == [StartAudit()]
    rival = PullRequest(2, 1, "approved", HEAD, HEAD)
    assert decided(state(item(1, "a"), pull_requests=(left, rival), **certain), made) == [Land(2)]
    both = (left, replace(left, number=2))
    assert decided(state(item(1, "a"), pull_requests=both, **certain), made) == [start], "the other may not be needed"
    working = Job(1, "resolve", 1, 1, 1, 9.0)
    assert not decided(state(item(1, "a"), jobs=(working,), pull_requests=both, **certain), made)
    tried = replace(left, resolutions=1)
    (again,) = decided(state(item(1, "a"), pull_requests=(tried,), **certain), made)
    assert again == StartResolve(1, 1, 2, SETTINGS.attempt.max_cost_usd)
    (bounce,) = decided(state(item(1, "a"), pull_requests=(replace(left, resolutions=2),), **certain), made)
    assert isinstance(bounce, Bounce)
    assert bounce.source == "merge"
    assert "2 resolvers" in bounce.reason


def test_what_broke_over_a_pull_request_is_tried_again_later_each_time_while_others_go_on() -> None:
    made = book(node("a"), node("b"))
    certain = {"main": HEAD, "certified": HEAD, "audited": HEAD}
    broken = PullRequest(1, 1, "checking", HEAD, HEAD, tries=1, failed_at=100.0, error="OSError: no space")
    other = PullRequest(2, 2, "checking", HEAD, HEAD)
    items = item(1, "a"), item(2, "b")
    rules = rules_of(SETTINGS.retry)
    waits = [rest_seconds(1, tries, rules) for tries in range(1, MAX_TRIES)]
    assert waits == sorted(set(waits))
    for tries, wait in enumerate(waits, 1):
        now_state = state(*items, pull_requests=(replace(broken, tries=tries), other), **certain)
        assert decided(now_state, made, 99.9 + wait) == [StartBuild(2)]
        assert decided(now_state, made, 100.1 + wait) == [StartBuild(1), StartBuild(2)]
    last = state(*items, pull_requests=(replace(broken, tries=MAX_TRIES),), **certain)
    (bounce,) = (action for action in decided(last, made, 100.0) if isinstance(action, Bounce))
    assert (bounce.pull_request, bounce.source) == (1, "infrastructure")
    assert bounce.reason.endswith("The last said: OSError: no space")


@pytest.mark.parametrize("waiting", ["resolving", "reviewing"])
def test_reviewers_and_resolvers_wait_too_when_something_broke(waiting: str) -> None:
    certain = {"main": HEAD, "certified": HEAD, "audited": HEAD}
    broken = PullRequest(1, 1, waiting, HEAD, HEAD, tries=1, failed_at=100.0)  # type: ignore[arg-type]
    now_state = state(item(1, "a"), pull_requests=(broken,), **certain)
    assert not decided(now_state, book(node("a")), 100.0)
    assert decided(now_state, book(node("a")), 200.0)


def test_what_unblocks_most_goes_first() -> None:
    made = book(node("lone"), node("root"), node("x", uses=("root",)), node("y", uses=("x",)))
    ready = state(item(1, "lone"), item(2, "root"), item(3, "x"), item(4, "y"))
    starts = [action for action in decided(ready, made) if isinstance(action, StartAttempt)]
    assert [start.item for start in starts] == [2, 1]


def test_an_expired_lease_is_reaped_before_anything_else() -> None:
    made = book(node("a"))
    job = Job(7, "attempt", 1, None, 1, lease_until=5.0)
    assert decided(state(item(1, "a"), jobs=(job,)), made, now=6.0) == [Reap(7)]
    assert decided(state(item(1, "a"), jobs=(job,)), made, now=4.0) == []


def test_a_request_waits_for_every_seat_and_one_refusal_sends_it_back() -> None:
    made = book(node("a"))
    request = PullRequest(1, 1, "reviewing", HEAD, HEAD)
    seats = decided(state(item(1, "a"), pull_requests=(request,)), made)
    assert [(each.seat) for each in seats if isinstance(each, StartReview)] == [0, 1]
    yes, no = Verdict(0, "approve", "fine", HEAD), Verdict(1, "request_changes", "say more", HEAD)
    both = PullRequest(1, 1, "reviewing", HEAD, HEAD, verdicts=(yes, no))
    assert decided(state(item(1, "a"), pull_requests=(both,)), made) == [Bounce(1, "reviewer", "say more")]
    agreed = PullRequest(1, 1, "reviewing", HEAD, HEAD, verdicts=(yes, Verdict(1, "approve", "ok", HEAD)))
    assert decided(state(item(1, "a"), pull_requests=(agreed,)), made) == [Approve(1)]


def test_a_verdict_on_another_commit_does_not_count() -> None:
    made = book(node("a"))
    old = tuple(Verdict(seat, "approve", "", "b" * 40) for seat in (0, 1))
    request = PullRequest(1, 1, "reviewing", HEAD, HEAD, verdicts=old)
    assert all(isinstance(each, StartReview) for each in decided(state(item(1, "a"), pull_requests=(request,)), made))


def test_the_caps_of_all_jobs_stay_within_the_budget() -> None:
    made = book(*(node(f"n{k}") for k in range(9)))
    rules = Settings.model_validate({"budget_usd": 3.0, "attempt": {"max_cost_usd": 2.0}})
    starts = decided(state(*(item(k + 1, f"n{k}") for k in range(9)), spent_usd=0.5), made, rules=rules)
    assert sum(each.cap_usd for each in starts if isinstance(each, StartAttempt)) == pytest.approx(2.5)


def test_a_spent_budget_ends_the_campaign_and_says_so() -> None:
    made = book(node("a"))
    rules = Settings.model_validate({"budget_usd": 1.0})
    (finish,) = decided(state(item(1, "a"), spent_usd=1.0), made, rules=rules)
    assert isinstance(finish, Finish)
    assert finish.state == "out_of_budget"


def test_a_retry_waits_for_its_time() -> None:
    made = book(node("a"))
    waiting = state(item(1, "a", not_before=10.0, attempts=1, sent=1))
    assert decided(waiting, made, now=9.0) == []
    assert decided(waiting, made, now=10.0) == [StartAttempt(1, 2, 5.0)]


def test_a_clock_that_is_set_back_makes_nothing_wait_longer_than_the_longest_wait() -> None:
    made, failed = book(node("a")), state(item(1, "a", not_before=5000.0, attempts=1))
    kept = readiness(failed, made)
    assert not list(kept.ready(4990.0))
    assert [each.id for each in kept.ready(1400.0)] == [1], "it was set back by an hour"
    kept.follow([1])
    assert [each.id for each in kept.ready(1401.0)] == [1]
    assert [each.id for each in readiness(failed, made).ready(1400.0)] == [1], "as for a coordinator started since"
    broken = PullRequest(1, 1, "reviewing", HEAD, HEAD, tries=1, failed_at=5000.0)
    now_state = state(item(1, "a"), pull_requests=(broken,), main=HEAD, certified=HEAD)
    assert not any(isinstance(action, StartReview) for action in decided(now_state, made, 5000.5))
    assert any(isinstance(action, StartReview) for action in decided(now_state, made, 1400.0))


def test_when_nothing_is_left_main_is_audited_and_then_the_campaign_is_done() -> None:
    made = book(node("d", definition=True), node("later", notready=True))
    done = item(1, "d", state="landed")
    assert decided(state(done, main=HEAD, certified=HEAD), made) == [StartAudit()]
    (finish,) = decided(state(done, main=HEAD, certified=HEAD, audited=HEAD), made)
    assert isinstance(finish, Finish)
    assert finish.state == "done"


def test_a_main_that_fails_its_audit_stops_the_campaign_at_once() -> None:
    made = book(node("a"))
    (stuck,) = decided(state(item(1, "a"), main=HEAD, audit_failure="a rests on sorryAx."), made)
    assert isinstance(stuck, Finish)
    assert stuck.state == "stuck"
    assert "sorryAx" in stuck.reason


def test_until_main_is_certified_agents_work_and_nothing_is_built_or_lands() -> None:
    made = book(node("a"), node("b"), node("c"))
    waiting = (PullRequest(1, 1, "checking", HEAD, HEAD), PullRequest(2, 2, "approved", HEAD, HEAD))
    pushed = state(item(1, "a"), item(2, "b"), item(3, "c"), pull_requests=waiting, main=HEAD, certified="b" * 40)
    assert decided(pushed, made) == [StartAudit(), StartAttempt(3, 1, 5.0)]
    known = state(item(1, "a"), item(2, "b"), item(3, "c"), pull_requests=waiting, main=HEAD, certified=HEAD)
    assert decided(known, made) == [Land(2), StartBuild(1), StartAttempt(3, 1, 5.0)]


def test_before_the_first_audit_no_money_is_spent() -> None:
    made = book(node("a"))
    assert decided(state(item(1, "a"), main=HEAD, audited=""), made) == [StartAudit()]


def test_audits_without_an_answer_end_the_campaign_with_the_last_ones_reason() -> None:
    made = book(node("a"))
    (stuck,) = decided(state(item(1, "a"), main=HEAD, audit_errors=("disk full",) * 5), made)
    assert isinstance(stuck, Finish)
    assert "disk full" in stuck.reason


def test_with_less_money_than_one_call_costs_no_agent_starts() -> None:
    made = book(node("a"))
    nearly_spent = state(item(1, "a"), spent_usd=999.8)
    rich = decide(nearly_spent, readiness(nearly_spent, made), SETTINGS, Capacity(4, 2, call_usd=0.1), 0.0)
    assert isinstance(rich[0], StartAttempt)
    (finish,) = decide(nearly_spent, readiness(nearly_spent, made), SETTINGS, Capacity(4, 2, call_usd=0.3), 0.0)
    assert isinstance(finish, Finish)
    assert finish.state == "out_of_budget"


def test_racers_take_only_slots_that_nothing_else_has_use_for() -> None:
    made = book(node("root"), node("a", uses=("root",)), node("b", uses=("root",)), node("lone"))
    running = Job(1, "attempt", 1, None, 1, lease_until=9.0)
    known = state(item(1, "root", attempts=1, sent=1), item(2, "lone"), item(3, "a"), item(4, "b"), jobs=(running,))

    def started(slots: int) -> list[tuple[int, int]]:
        view = readiness(known, made, RACING)
        actions = decide(known, view, RACING, Capacity(slots, 2), 0.0)
        return [(each.item, each.number) for each in actions if isinstance(each, StartAttempt)]

    assert started(1) == []
    assert started(2) == [(2, 1)]
    assert started(9) == [(2, 1), (1, 2)]
    known.put_request(PullRequest(1, 1, "reviewing", HEAD, HEAD, certified=HEAD))
    assert started(9) == [(2, 1)], "a race with a certified racer grows no more"


@settings(max_examples=25, deadline=None)
@given(books(), st.integers(0, 1000), st.sampled_from([SETTINGS, RACING]))
def test_every_campaign_ends_with_each_node_in_one_state_and_nothing_landed_twice(
    made: Blueprint, seed: int, rules: Settings
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), made, seed, rules)
        finish = world.run()
        last = world.load()
        world.store.close()
    assert finish.state in {"done", "stuck"}
    assert (finish.state == "done") == (not last.failed)
    assert not last.jobs
    assert not last.pull_requests
    for label in last.failed:
        assert any(each.reason for each in last.items.values() if each.label == label)
