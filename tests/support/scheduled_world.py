"""Whole campaigns on random books: the real store, transitions and scheduler, with workers drawn at random."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from agents import Usage
from blueprint import DependencyGraph
from coordinator.schedule.actions import (
    Approve,
    Bounce,
    Finish,
    GiveUp,
    Land,
    Reap,
    Revoke,
    StartAttempt,
    StartAudit,
    StartBuild,
    StartResolve,
    StartReview,
)
from coordinator.schedule.budget import Cap, Scope, limits_of
from coordinator.schedule.racing import race_rules
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.scheduler import decide
from coordinator.store import audits, items, jobs, landings, reports, requests, resolving
from coordinator.store.kept import set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules, load_state
from coordinator.store.store import Store
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded, ResolutionEnded, ReviewEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint import Blueprint
    from coordinator.campaign.settings import Settings
    from coordinator.schedule.actions import Action
    from coordinator.schedule.state import CampaignState, Job
    from coordinator.store.transaction import Transaction
from tests.support.scheduling import CAPACITY, HEAD


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
        """An attempt is sent where what it needs is stated and nobody is at work, or a race is worth it and open."""
        entered, at_work = now_state.by_id[target], now_state.at_work(target)
        assert (entered.state, entered.not_before <= self.now) == ("open", True)
        uses = self.graph.statement_uses(entered.label)
        needs = uses if entered.stage == "statement" else (*uses, *self.graph.proof_uses(entered.label), entered.label)
        assert all("statement" in now_state.landed.get(label, ()) for label in needs), "it rests on what is not stated"
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
