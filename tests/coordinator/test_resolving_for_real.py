"""A conflict from end to end: real git, real Lean, a scripted model over real HTTP, the real loop between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from agents import Usage
from agents.rehearsal import RehearsalServer
from agents.rehearsal.answers import Answers
from agents.rehearsal.mistakes import read_rehearsal
from agents.rehearsal.script import DemoScript
from coordinator.engine.demo import SCRIPT
from coordinator.git import Contribution, Identity
from coordinator.store.schema import pull_requests, verdicts
from coordinator.views.snapshot import take_snapshot
from coordinator.views.status import status_of
from coordinator.work.host import HostSettings
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, JointOrder
from coordinator.work.reports import ResolutionEnded
from coordinator.work.workshop import Workshop
from tests.support.loops import Loop
from tests.support.sandboxes import has_bubblewrap

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.work.orders import Order
    from coordinator.work.reports import Report

NODE, PATH = "thm:and_comm", "Arithmetic/Logic/AndComm.lean"
ANSWERS = Answers(SCRIPT.parent)
STATED, IN_OTHER_WORDS = "Iff (And P Q) (And Q P) :=", "(Iff (And P Q) (And Q P)) :="


class Crew(Loop):
    """A campaign's loop with a workshop that carries out the orders it is told to, one by one."""

    def __init__(self, folder: Path, broker: str, model_url: str) -> None:
        super().__init__(folder / "campaign", broker, model_url)
        sandbox = "bubblewrap" if has_bubblewrap() else "none"
        self.workshop = Workshop(HostSettings(folder / "worker", sandbox=sandbox), broker)
        self.held: list[Order] = []

    def next(self, what: str) -> Order:
        """The next order of a kind: an agent's role at the node, ``build`` or ``audit``."""
        self.held += self.orders()
        (order, *_) = [each for each in self.held if what == _kind_of(each)]
        self.held.remove(order)
        return order

    def carry_out(self, what: str) -> Report:
        """Do what the next order of a kind says."""
        return self.workshop.carry_out(self.next(what), lambda: False)

    def work(self, *whats: str) -> None:
        """Carry out orders of these kinds, each as soon as the coordinator has sent it."""
        for what in whats:
            self.report(self.carry_out(what))
            self.step()

    def row(self) -> Any:
        """The latest pull request."""
        with self.store.begin() as transaction:
            latest = select(pull_requests).order_by(pull_requests.c.number.desc())
            return transaction.execute(latest).first()

    def on_main(self) -> str:
        """The node's file as it is on main."""
        return (self.campaign.hub.read(self.campaign.main(), PATH) or b"").decode()

    def hand_in_a_weaker_claim(self) -> None:
        """Answer as a worker that lets a resolver change what was reviewed."""
        order = self.next("resolver")
        assert isinstance(order, AgentOrder)
        text = ANSWERS.proved(PATH, "⟨fun h => h, fun h => h⟩").replace(STATED, "Iff (And P Q) (And P Q) :=")
        author = Identity("agent (rehearsal)", "agent@blueprover.invalid")
        files = {PATH: text.encode()}
        joined = Contribution(order.envelope.base, files, "Joined", author, order.ref, order.branch)
        head = self.campaign.hub.contribute(joined)
        self.report(ResolutionEnded(order.envelope.job, "submitted", "I made it claim less.", Usage(), head))
        self.step()

    def read_by_reviewers(self, number: int) -> set[str]:
        """The commits of a pull request that verdicts were given on."""
        with self.store.begin() as transaction:
            read = select(verdicts.c.commit).where(verdicts.c.pull_request == number)
            return set(transaction.execute(read).scalars())

    def close(self) -> None:
        self.workshop.close()
        super().close()


def _kind_of(order: Order) -> str:
    match order:
        case AgentOrder():
            return order.assignment.role if order.envelope.node == NODE else "of another node"
        case BuildOrder():
            return "build"
        case JointOrder():
            return "joint"
        case AuditOrder():
            return "audit"


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
def test_a_branch_in_conflict_is_joined_by_an_agent_judged_reviewed_and_landed(tmp_path: Path, broker: str) -> None:
    with RehearsalServer(DemoScript(read_rehearsal(SCRIPT))) as server:
        crew = Crew(tmp_path, broker, server.url)
        crew.step()
        crew.work("audit", "author", "build", "reviewer", "reviewer")
        assert crew.on_main() == ANSWERS.statement(PATH)

        # While its proof is under way, a person says the statement in other words: no program joins the two.
        proof = crew.carry_out("author")
        crew.push_to_main({PATH: ANSWERS.statement(PATH).replace(STATED, IN_OTHER_WORDS)})
        crew.report(proof)
        crew.step()
        crew.work("audit")
        assert crew.row().state == "resolving"
        authored = crew.row().head

        # The first resolver's worker hands in what claims less than was reviewed. The builders see it.
        crew.hand_in_a_weaker_claim()
        crew.work("build")
        assert (crew.row().state, crew.row().head) == ("resolving", authored)

        # The second resolver reads why, and joins both.
        order = crew.next("resolver")
        (told,) = order.assignment.conflict.tries  # type: ignore[union-attr]
        assert "I made it claim less." in told
        assert "Arithmetic.and_comm" in told.partition("The builder refused what came of it:\n")[2]
        crew.report(crew.workshop.carry_out(order, lambda: False))
        crew.step()
        joined = crew.row().head
        assert crew.campaign.hub.is_ancestor(authored, joined)
        crew.work("build", "reviewer")
        assert crew.row().state == "landed"
        assert crew.on_main() == ANSWERS.finished(PATH)
        assert crew.read_by_reviewers(crew.row().number) == {joined}
        status = status_of(take_snapshot(crew.campaign, crew.campaign.read_book(), crew.store, sources=False))
        assert status["rungs"] == {"git": 1, "resolver": 1}
        crew.close()
