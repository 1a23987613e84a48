"""From an attempt to the next: what was said of it reaches whoever tries again, and nobody waits for the slow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from agents import Usage
from coordinator.queue import ModuleRecord
from coordinator.work.orders import AgentOrder, BuildOrder, Order
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded, ReviewEnded
from tests.support.loops import Loop
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS: dict[str, Any] = {
    "reviews": {"statement": 2, "proof": 2},
    "retry": {"backoff_seconds": 0.1},
    "workers": {"agents": 40, "builds": 8, "sandbox": "none"},
    "budget_usd": 500.0,
}
DECIDED, AND_COMM = "def:decided", "thm:and_comm"
PLACES = {DECIDED: "Arithmetic.Logic.Decided", AND_COMM: "Arithmetic.Logic.AndComm"}


class Workers:
    """The test in the place of all workers: it takes orders and reports."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        loop.step()
        loop.report(AuditEnded(loop.jobs[0], ""))
        self.step()

    def step(self, seconds: float = 0.0) -> None:
        self.loop.step(seconds)
        self.orders: list[Order] = self.loop.orders()

    def agents(self, role: str, label: str) -> list[AgentOrder]:
        """The orders of the last step for agents of a role at a node."""
        found = (order for order in self.orders if isinstance(order, AgentOrder))
        return [each for each in found if (each.assignment.role, each.assignment.node.label) == (role, label)]

    def propose(self, order: AgentOrder) -> None:
        label = order.assignment.node.label
        file = PLACES[label].replace(".", "/") + ".lean"
        hub, scratch = self.loop.campaign.hub, self.loop.campaign.folder
        head = commit_files(hub, scratch, {file: f"-- {order.envelope.job}\n"}, parent=order.envelope.base)
        self.loop.report(AttemptEnded(order.envelope.job, "submitted", "Mine.", Usage(cost_usd=0.1), head))

    def builds(self) -> list[BuildOrder]:
        """The builds of the last step."""
        return [order for order in self.orders if isinstance(order, BuildOrder)]

    def certify(self, order: BuildOrder) -> None:
        (number,) = {job.pull_request for job in self.loop.state.jobs if job.id == order.envelope.job}
        (head,) = {each.head for each in self.loop.state.pull_requests if each.number == number}
        file = order.module.replace(".", "/") + ".lean"
        digest = hashlib.sha256(self.loop.campaign.hub.read(head, file) or b"").hexdigest()
        modules = {order.module: ModuleRecord(digest, f"interface of {digest}", {})}
        self.loop.report(BuildEnded(order.envelope.job, accepted=True, lock=digest, modules=modules))

    def review(self, order: AgentOrder, decision: str, reasons: str = "") -> None:
        seat = (order.envelope.job, "verdict", "", Usage(cost_usd=0.1), f"r{order.envelope.job}", decision, reasons)
        self.loop.report(ReviewEnded(*seat, commit=order.head))


@pytest.fixture
def workers(tmp_path: Path, broker: str) -> Iterator[Workers]:
    loop = Loop(tmp_path / "campaign", broker, **SETTINGS)
    yield Workers(loop)
    loop.close()


def test_what_an_agent_a_builder_and_a_reviewer_said_is_told_to_whoever_tries_next(workers: Workers) -> None:
    (first,) = workers.agents("author", DECIDED)
    assert first.assignment.feedback == ()
    workers.loop.report(AttemptEnded(first.envelope.job, "gave_up", "I tried simp.", Usage(cost_usd=0.1)))
    workers.step()
    workers.step(60.0)
    (second,) = workers.agents("author", DECIDED)
    assert [each.text for each in second.assignment.feedback] == ["I tried simp."]
    workers.propose(second)
    workers.step()
    (build,) = workers.builds()
    workers.loop.report(BuildEnded(build.envelope.job, accepted=False, reasons=("It is open.",)))
    workers.step()
    workers.step(60.0)
    (third,) = workers.agents("author", DECIDED)
    assert any("It is open." in each.text for each in third.assignment.feedback)
    workers.propose(third)
    workers.step()
    workers.certify(workers.builds()[0])
    workers.step()
    strict, kind = workers.agents("reviewer", DECIDED)
    workers.review(strict, "request_changes", "Induct on n.")
    workers.review(kind, "approve")
    workers.step()
    workers.step(60.0)
    (fourth,) = workers.agents("author", DECIDED)
    told = [each.text for each in fourth.assignment.feedback]
    assert any("Induct on n." in text for text in told)
    assert "I tried simp." in told, "nor is anything earlier forgotten"


def test_all_reviews_that_can_begin_go_out_in_one_decision(workers: Workers) -> None:
    for label in PLACES:
        workers.propose(workers.agents("author", label)[0])
    workers.step()
    for build in workers.builds():
        workers.certify(build)
    workers.step()
    assert [len(workers.agents("reviewer", label)) for label in PLACES] == [2, 2]


def test_a_build_that_never_ends_holds_up_no_other(workers: Workers) -> None:
    for label in PLACES:
        workers.propose(workers.agents("author", label)[0])
    workers.step()
    slow, quick = sorted(workers.builds(), key=lambda build: build.module == PLACES[DECIDED])
    workers.certify(quick)
    workers.step()
    for order in workers.agents("reviewer", DECIDED):
        workers.review(order, "approve")
    workers.step()
    assert workers.loop.state.landed == {DECIDED: {"statement"}}
    assert slow.envelope.job in workers.loop.jobs
