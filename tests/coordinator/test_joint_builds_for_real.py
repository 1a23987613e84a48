"""The whole loop with a real broker, real git and real Lean: main moves below three branches that were certified."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from agents import Usage
from coordinator.store.schema import feedback, jobs, pull_requests
from coordinator.work.host import HostSettings
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, JointOrder
from coordinator.work.reports import AttemptEnded, JointEnded, ReviewEnded
from coordinator.work.workshop import Workshop
from tests.support.loops import Loop
from tests.support.repositories import commit_files
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.work.orders import Order
    from coordinator.work.reports import Report

HEAD = "module\nprelude\n\npublic import Arithmetic.Base.%s\n\nnamespace Arithmetic\n\n"
EXTRA = HEAD % "Foundation" + "public def Kept (P : Prop) : Prop := P\n"
FIRST, LATER = EXTRA + "public def Gone (P : Prop) : Prop := P\n", EXTRA + "public def New (P : Prop) : Prop := P\n"
TEXTS = {
    "thm:and_comm": ("AndComm", "and_comm {P Q : Prop} : Iff (And (Kept P) Q) (And Q P)"),
    "lem:not_not_intro": ("NotNotIntro", "not_not_intro {P : Prop} (p : Gone P) : Not (Not P)"),
    "lem:contrapositive": ("Contrapositive", "contrapositive {P Q : Prop} (h : P → Kept Q) : Not Q → Not P"),
}
"""Statements by label: each rests on what a person has put into the base, one on what that person takes away."""


class Crew(Loop):
    """A coordinator's loop with one builder, whose orders are carried out when the test says so."""

    def __init__(self, folder: Path, broker: str) -> None:
        sandbox = any_sandbox().name
        workers = {"agents": 16, "builds": 1, "sandbox": sandbox}
        super().__init__(folder / "campaign", broker, workers=workers, reviews={"statement": 1, "proof": 1})
        self.workshop = Workshop(HostSettings(folder / "worker", sandbox=sandbox), broker)
        self.held: list[Order] = []

    def take(self, kind: type[Order]) -> Order:
        """The next order of a kind for a builder."""
        self.held += self.orders()
        (order, *_) = [each for each in self.held if isinstance(each, kind)]
        self.held.remove(order)
        return order

    def build(self, kind: type[Order]) -> Report:
        """Has the next order of a kind carried out, tells the coordinator, and lets it act."""
        report = self.workshop.carry_out(self.take(kind), lambda: False)
        self.report(report)
        self.step()
        return report

    def push(self, text: str) -> None:
        """A person changes the base; the audit finds nothing wrong with it."""
        self.push_to_main({"Arithmetic/Base/Extra.lean": text})
        self.step()
        self.build(AuditOrder)

    def hand_in(self) -> None:
        """Answers as the authors of the three statements."""
        self.held += self.orders()
        for order in [each for each in self.held if isinstance(each, AgentOrder) and each.envelope.node in TEXTS]:
            self.held.remove(order)
            name, statement = TEXTS[order.envelope.node]
            text = HEAD % "Extra" + f"public theorem {statement} :=\n  sorry\n\nend Arithmetic\n"
            files = {f"Arithmetic/Logic/{name}.lean": text}
            head = commit_files(self.campaign.hub, self.campaign.folder, files, parent=order.envelope.base)
            self.report(AttemptEnded(order.envelope.job, "submitted", "I stated it.", Usage(), head))
        self.step()

    def approve(self) -> None:
        """Answers as the reviewers of all of them, at once."""
        self.held += self.orders()
        for order in [each for each in self.held if isinstance(each, AgentOrder) and each.head]:
            self.held.remove(order)
            job, words = order.envelope.job, "As the book says."
            self.report(ReviewEnded(job, "verdict", words, Usage(), "reader", "approve", words, order.head))
        self.step()

    def close(self) -> None:
        self.workshop.close()
        super().close()

    def count(self, kind: str) -> int:
        with self.store.begin() as transaction:
            number: int = transaction.execute(select(func.count()).where(jobs.c.kind == kind)).scalar_one()
        return number

    def states(self) -> dict[str, str]:
        """States of the pull requests, by label."""
        with self.store.begin() as transaction:
            rows = transaction.execute(select(pull_requests)).all()
        return {self.state.by_id[row.item].label: row.state for row in rows}


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
def test_three_branches_are_built_at_once_and_the_one_that_main_has_overtaken_goes_back(
    tmp_path: Path, broker: str
) -> None:
    with closing(Crew(tmp_path, broker)) as crew:
        crew.push(FIRST)
        crew.hand_in()
        for _ in TEXTS:
            crew.build(BuildOrder)
        assert set(crew.states().values()) == {"reviewing"}
        crew.push(LATER)
        crew.approve()
        assert set(crew.states().values()) == {"approved"}
        lost = crew.take(JointOrder)
        assert isinstance(lost, JointOrder)
        assert len(lost.members) == 3

        crew.begin_again()
        crew.step()
        crew.report(JointEnded(lost.envelope.job, error="It comes too late."))
        ended = crew.build(JointOrder)
        assert isinstance(ended, JointEnded)
        assert set(ended.failures) == {"Arithmetic.Logic.NotNotIntro"}
        crew.step()
        assert crew.states() == {
            "thm:and_comm": "landed",
            "lem:not_not_intro": "bounced",
            "lem:contrapositive": "landed",
        }
        assert (crew.count("build"), crew.count("joint")) == (3, 2), "of which one was lost with its coordinator"
        with crew.store.begin() as transaction:
            (words,) = transaction.execute(select(feedback.c.text)).scalars()
        assert words.startswith(f"On main at {ended_on(crew)[:10]}: Arithmetic.Logic.NotNotIntro: ")
        assert "Gone" in words
        assert "The interface of Arithmetic.Base.Extra (" in words


def ended_on(crew: Crew) -> str:
    """The tip that the last joint build was for."""
    with crew.store.begin() as transaction:
        last = select(jobs.c.base).where(jobs.c.kind == "joint").order_by(jobs.c.id.desc())
        return str(transaction.execute(last).scalars().first())
