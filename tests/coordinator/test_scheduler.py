"""The scheduler as a pure function, and the store's transitions below it, on random graphs with random workers."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import Settings
from coordinator.schedule.budget import Cap, Scope, limits_of
from coordinator.schedule.conflicts import StartResolve
from coordinator.schedule.racing import race_rules
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.scheduler import (
    Approve,
    Bounce,
    Capacity,
    Finish,
    GiveUp,
    Land,
    Reap,
    Revoke,
    StartAttempt,
    StartAudit,
    StartBuild,
    StartReview,
    decide,
)
from coordinator.schedule.state import CampaignState, Item, Job, PullRequest, Verdict
from coordinator.store import audits, items, jobs, landings, reports, requests, resolving
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules, load_state
from coordinator.store.store import Store, set_meta
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded, ResolutionEnded, ReviewEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.schedule.scheduler import Action
    from coordinator.store.store import Transaction

CAPACITY = Capacity(agents=4, builds=2)
SETTINGS = Settings.model_validate({"retry": {"max_attempts": 4, "backoff_seconds": 0.5}, "budget_usd": 1000.0})
RACING = Settings.model_validate(
    {
        "retry": {"max_attempts": 5, "backoff_seconds": 0.5},
        "budget_usd": 1000.0,
        "race": {"max_width": 3, "blocks_many": 1, "after_failures": 1},
    }
)
HEAD, OLD = "a" * 40, "0" * 40


def state(*items: Item, **more: object) -> CampaignState:
    """A campaign whose main passed an audit once, before it was what it is now."""
    return CampaignState(items={(item.label, item.stage): item for item in items}, **{"audited": OLD, **more})  # type: ignore[arg-type]


def item(number: int, label: str, stage: str = "statement", **more: object) -> Item:
    return Item(number, label, stage, "open", **more) if "state" not in more else Item(number, label, stage, **more)  # type: ignore[arg-type]


def decided(now_state: CampaignState, made: Blueprint, now: float = 0.0, rules: Settings = SETTINGS) -> list[Action]:
    return decide(now_state, readiness(now_state, made, rules), rules, CAPACITY, now)


def readiness(now_state: CampaignState, made: Blueprint, rules: Settings = SETTINGS) -> Readiness:
    return Readiness(DependencyGraph(made), now_state, rules)


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


@st.composite
def books(draw: st.DrawFn) -> Blueprint:
    nodes = []
    for number in range(draw(st.integers(1, 8))):
        below = [f"n{k}" for k in range(number)]
        chosen = st.lists(st.sampled_from(below), max_size=3, unique=True) if below else st.just([])
        nodes.append(
            node(
                f"n{number}",
                uses=tuple(draw(chosen)),
                proof_uses=tuple(draw(chosen)),
                definition=draw(st.booleans()),
                notready=number > 0 and draw(st.integers(0, 9)) == 0,
                chapter=draw(st.integers(0, 1)),
            )
        )
    return book(*nodes, chapters=("Main", "More"))


def as_plain(whole: CampaignState) -> tuple[object, ...]:
    """All that a state says, to be compared; costs add up in another order, and leases are renewed in memory only."""
    kept = (
        "main",
        "certified",
        "audited",
        "audit_failure",
        "audit_errors",
        "trail",
        "by_id",
        "pull_requests",
        "failed",
    )
    landed = {label: stages for label, stages in whole.landed.items() if stages}
    idle = {item for item in whole.by_id if whole.is_idle(item)}
    live = tuple(replace(job, lease_until=0.0) for job in whole.jobs)
    return (*(getattr(whole, name) for name in kept), landed, idle, live, money_of(whole))


def money_of(whole: CampaignState) -> list[tuple[str, list[float]]]:
    """What is spent and promised in every scope, as of the last time that the state was asked."""
    scopes: list[tuple[Scope, int | str]] = [(Scope.CAMPAIGN, ""), (Scope.HOUR, "")]
    scopes += [(Scope.ITEM, each.id) for each in whole.by_id.values()]
    scopes += [(Scope.NODE, each.label) for each in whole.by_id.values()]
    scopes += [(Scope.CHAPTER, key) for key in set(whole.chapters.of.values())]
    purse = whole.purse
    both = ((f"{scope} {of}", purse.spent_on(scope, of), purse.committed_on(scope, of)) for scope, of in scopes)
    return sorted((name, [round(each, 6) for each in (a.usd, a.tokens, b.usd, b.tokens)]) for name, a, b in both)


class World:
    """The real store, transitions and scheduler, with workers that succeed, fail, vanish or report twice."""

    step_seconds = 0.3
    lease_seconds = 5.0

    def __init__(self, folder: Path, made: Blueprint, seed: int, rules: Settings) -> None:
        self.rules = rules
        self.store = Store(folder / "store.sqlite", writable=True)
        self.graph = DependencyGraph(made)
        self.random = random.Random(seed)
        self.now = 1000.0
        self.landed: list[int] = []
        with self.store.begin() as transaction:
            items.seed_items(transaction, made)
            set_meta(transaction, "main", HEAD)
        self.ledger = Ledger(self.store, self.graph, self.rules)

    def load(self) -> CampaignState:
        """The state in memory, once it was seen to be the one in the store, and its readiness the one of the state."""
        with self.store.begin() as transaction:
            stored = load_state(transaction, self.graph.blueprint)
            assert self.ledger.modules == load_modules(transaction)
        kept = self.ledger.state
        for each in (kept, stored):  # the hour moves on
            each.purse.overshot(limits_of(self.rules), self.now)
        assert as_plain(kept) == as_plain(stored)
        fresh = Readiness(self.graph, stored, self.rules)
        assert set(self.ledger.readiness.ready(self.now)) == set(fresh.ready(self.now))
        assert list(self.ledger.readiness.racers(self.now)) == list(fresh.racers(self.now))
        assert (self.ledger.readiness.exhausted, self.ledger.readiness.is_empty) == (fresh.exhausted, fresh.is_empty)
        return kept

    def run(self) -> Finish:
        for _ in range(3000):
            now_state = self.load()
            self.check(now_state)
            actions = decide(now_state, self.ledger.readiness, self.rules, CAPACITY, self.now)
            for action in actions:
                if isinstance(action, Finish):
                    return action
                self.act(action, now_state)
            self.now += self.step_seconds
            for job in self.load().jobs:
                if self.random.random() < 0.5:
                    self.end(job)
        raise AssertionError("the campaign does not come to an end")

    def check(self, now_state: CampaignState) -> None:
        busy = Counter(job.item for job in now_state.jobs if job.kind == "attempt")
        busy += Counter(request.item for request in now_state.pull_requests)
        assert all(count <= self.rules.race.max_width for count in busy.values()), "too many work on an item"
        approved = [request.item for request in now_state.pull_requests if request.state == "approved"]
        assert len(approved) == len(set(approved)), "two pull requests of an item wait to land"
        left_over = {job.item for job in now_state.jobs} | busy.keys()
        assert not left_over.intersection(self.landed), "there is work on an item that has landed"
        assert len(self.landed) == len(set(self.landed)), "an item landed twice"
        agents = [job for job in now_state.jobs if job.kind in {"attempt", "review", "resolve"}]
        assert len(agents) <= CAPACITY.agents
        assert now_state.spent_usd + now_state.reserved_usd <= self.rules.budget_usd + 1e-6

    def check_race(self, target: int, now_state: CampaignState) -> None:
        """An attempt is sent where nobody is at work, or where a race is worth it and has no leader yet."""
        entered, at_work = now_state.by_id[target], now_state.at_work(target)
        assert (entered.state, entered.not_before <= self.now) == ("open", True)
        if at_work:
            unblocks = self.graph.leverage(entered.label)
            most = self.rules.retry.max_attempts
            assert at_work < race_rules(self.rules).width(unblocks, max(entered.attempts - at_work, 0), most)
            assert not any(each.certified for each in now_state.pull_requests if each.item == target)

    def send(self, kind: str, base: str = HEAD, **more: object) -> None:
        with self.ledger.begin() as transaction:
            lease = self.lease_seconds
            jobs.send_job(transaction, kind, now=self.now, lease_seconds=lease, base=base, **more)  # type: ignore[arg-type]

    def act(self, action: Action, now_state: CampaignState) -> None:
        with self.ledger.begin() as transaction:
            self.record(transaction, action, now_state)
        self.start(action, now_state)

    def record(self, transaction: Transaction, action: Action, now_state: CampaignState) -> None:
        match action:
            case Reap(job):
                jobs.reap_job(transaction, job, self.now, blame=self.rules.retry)
            case Approve(number):
                requests.approve(transaction, number, self.now)
            case Bounce(number, source, reason):
                requests.bounce(transaction, number, source, reason, self.rules.retry, self.now)
            case Revoke(job):
                jobs.revoke_job(transaction, job, "A limit is overshot.", self.now)
            case GiveUp(number, why):
                items.give_up(transaction, number, self.now, why)
            case Land(number):
                request = next(each for each in now_state.pull_requests if each.number == number)
                self.landed.append(request.item)
                landings.intend_landing(transaction, number, HEAD, f"{number:040x}", self.now)
                landings.finish_landing(transaction, number, f"{number:040x}", self.now)

    def start(self, action: Action, now_state: CampaignState) -> None:
        match action:
            case StartAttempt(target, number, usd, tokens):
                self.check_race(target, now_state)
                self.send("attempt", item=target, number=number, cap_usd=usd, cap_tokens=tokens)
            case StartReview(target, number, seat, usd, tokens):
                self.send_about("review", target, number, seat, Cap(usd, tokens))
            case StartResolve(target, number, which, usd, tokens):
                self.send_about("resolve", target, number, which, Cap(usd, tokens))
            case StartBuild(number):
                self.build(number, now_state)
            case StartAudit():
                self.send("audit", base=now_state.main)

    def send_about(self, kind: str, target: int, request: int, number: int, cap: Cap) -> None:
        if self.ledger.state.request(request) is not None:  # else another of its item has just landed
            more: dict[str, object] = {"item": target, "pull_request": request, "number": number}
            self.send(kind, HEAD, **more, cap_usd=cap.usd, cap_tokens=cap.tokens)

    def build(self, number: int, now_state: CampaignState) -> None:
        """Send it to the builders, unless it turns out to be in conflict with main."""
        about = now_state.request(number)
        if about is not None and self.random.random() < 0.2:
            with self.ledger.begin() as transaction:
                resolving.leave_to_resolver(transaction, number, "It conflicts.", self.now)
        elif about is not None:
            self.send("build", item=about.item, pull_request=number)

    def usage(self, _: Job) -> Usage:
        """What a job that ends has used."""
        return Usage(input_tokens=10, output_tokens=5, cost_usd=0.01)

    def end(self, job: Job) -> None:
        if self.random.random() < 0.1:
            return  # the worker vanished: the lease runs out
        usage = self.usage(job)
        for _ in range(2 if self.random.random() < 0.2 else 1):
            with self.ledger.begin() as transaction:
                self.report(transaction, job, usage)

    def report(self, transaction: Transaction, job: Job, usage: Usage) -> None:
        lucky = self.random.random() < 0.7
        match job.kind:
            case "attempt":
                ending = "submitted" if lucky else self.random.choice(["gave_up", "limit", "failed", "cancelled"])
                attempt = AttemptEnded(job.id, ending, "words", usage, HEAD)
                reports.end_attempt(transaction, attempt, self.rules.retry, self.now)
            case "review":
                decision = "approve" if lucky else self.random.choice(["", "reject", "request_changes"])
                ending = "verdict" if decision else "limit"
                about = self.ledger.state.request(job.pull_request or 0)
                commit = about.head if about is not None else HEAD
                review = ReviewEnded(job.id, ending, "", usage, "r", decision, "because", commit)
                reports.end_review(transaction, review, self.now)
            case "resolve":
                ending = "submitted" if lucky else self.random.choice(["gave_up", "limit", "failed", "cancelled"])
                joined = ResolutionEnded(job.id, ending, "words", usage, f"{job.id:040x}")
                reports.end_resolution(transaction, joined, self.now)
            case "build":
                build = BuildEnded(job.id, accepted=lucky, reasons=("no",), lock="digest")
                reports.end_build(transaction, build, self.rules.retry, self.now)
            case "audit":
                audits.end_audit(transaction, AuditEnded(job.id, ""), self.now)


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
