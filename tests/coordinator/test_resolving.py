"""What no program joins: left to resolvers by the real loop, joined, refused, sent out again, sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from sqlalchemy import select

from agents import Usage
from coordinator.campaign.wishes import Retry, Revise
from coordinator.git import Branch, Contribution, Identity
from coordinator.store.items import read_feedback
from coordinator.store.schema import jobs, pull_requests
from coordinator.store.steering import grant
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder
from coordinator.work.reports import AttemptEnded, AuditEnded, Beat, BuildEnded, ResolutionEnded
from tests.support.campaigns import blueprover
from tests.support.loops import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agents import Conflict as Conflicting
    from coordinator.campaign.wishes import Wish
    from coordinator.work.orders import Order

Wanted = TypeVar("Wanted", AgentOrder, AuditOrder, BuildOrder)

NODE, PATH = "thm:and_comm", "Arithmetic/Logic/AndComm.lean"
HEAD = "module\nprelude\n\n"
OURS = f"{HEAD}/-- As main has it. -/\npublic theorem a : True := main\n"
THEIRS = f"{HEAD}/-- As the author has it. -/\npublic theorem a : True := branch\n"
BOTH = f"{HEAD}/-- As both have it. -/\npublic theorem a : True := both\n"
SPENT = Usage(input_tokens=5, output_tokens=7, cost_usd=0.25)
LEASE, HEARTBEAT = 15.0, 2.0
"""As the demo's settings say."""

once = pytest.mark.parametrize("broker", ["valkey"], indirect=True)


class Conflict(Loop):
    """A campaign whose first pull request is about to be joined with a main that has taken its place."""

    def __init__(self, folder: Path, broker: str, theirs: str = THEIRS, **settings: Any) -> None:
        super().__init__(folder, broker, **settings)
        self.held: list[Order] = []
        self.step()
        self.audit()
        order = self.order("author")
        self.branch = self.commit(order.envelope.base, theirs, order.ref)
        self.push_to_main({PATH: OURS})
        self.report(AttemptEnded(order.envelope.job, "submitted", "Stated.", SPENT, self.branch))
        self.step()
        self.audit()

    def audit(self) -> None:
        """Answer that main is as it should be."""
        (audit,) = self.take(AuditOrder)
        self.report(AuditEnded(audit.envelope.job, ""))
        self.step()

    def take(self, kind: type[Wanted]) -> list[Wanted]:
        """The orders of a kind that have come since it was asked last."""
        self.held += self.orders()
        found = [order for order in self.held if isinstance(order, kind)]
        self.held = [order for order in self.held if not isinstance(order, kind)]
        return found

    def order(self, role: str) -> AgentOrder:
        """The one order for an agent of this role at the node."""
        wanted = [order for order in self.take(AgentOrder) if order.envelope.node == NODE]
        (found,) = (order for order in wanted if order.assignment.role == role)
        return found

    def commit(self, base: str, text: str, ref: str, branch: str = "") -> str:
        """What an agent hands in."""
        author = Identity("agent (rehearsal)", "agent@blueprover.invalid")
        return self.campaign.hub.contribute(Contribution(base, {PATH: text.encode()}, "Done", author, ref, branch))

    def resolve(self, text: str = BOTH, summary: str = "Both.") -> str:
        """Answer as a resolver that joins both sides; returns its commit."""
        order = self.order("resolver")
        joined = self.commit(order.envelope.base, text, order.ref, order.branch)
        self.report(ResolutionEnded(order.envelope.job, "submitted", summary, SPENT, joined))
        self.step()
        return joined

    def build(self, *reasons: str) -> BuildOrder:
        """Answer as the builders: refused for `reasons`, or accepted."""
        (order,) = self.take(BuildOrder)
        self.report(BuildEnded(order.envelope.job, accepted=not reasons, reasons=reasons, lock="lock"))
        self.step()
        return order

    @property
    def row(self) -> Any:
        """The pull request as the store has it."""
        with self.store.begin() as transaction:
            return transaction.execute(select(pull_requests)).one()

    def grant(self, wish: Wish) -> None:
        """Do what a person asks."""
        coordinator, campaign = self.coordinator, self.campaign
        with coordinator._ledger.begin() as transaction:
            grant(transaction, wish, campaign.read_book(), campaign.settings, self.now)

    def tries(self) -> list[Any]:
        """The resolvers' jobs."""
        with self.store.begin() as transaction:
            return list(transaction.execute(select(jobs).where(jobs.c.kind == "resolve").order_by(jobs.c.id)))

    def told(self) -> str:
        """What the next attempt at the item is told of this one."""
        item = self.row.item
        with self.store.begin() as transaction:
            return "\n".join(each.text for each in read_feedback(transaction, [item]).get(item, []))


@pytest.fixture
def conflict(tmp_path: Path, broker: str) -> Iterator[Conflict]:
    made = Conflict(tmp_path / "campaign", broker)
    yield made
    made.close()


@once
def test_a_resolver_is_offered_both_sides_and_what_it_hands_in_takes_the_branchs_place(conflict: Conflict) -> None:
    assert conflict.row.state == "resolving"
    order = conflict.order("resolver")
    hub, tip, task = conflict.campaign.hub, conflict.campaign.main(), order.assignment.conflict
    assert task is not None
    assert (order.envelope.base, order.branch, task.number, task.paths) == (tip, conflict.branch, 1, (PATH,))
    assert "+public theorem a : True := main" in task.main
    assert "+public theorem a : True := branch" in task.branch
    marked = (hub.read(order.head, PATH) or b"").decode()
    assert marked.index("<<<<<<< main") < marked.index(":= main") < marked.index(":= branch")
    assert order.assignment.limits.max_cost_usd == conflict.campaign.settings.attempt.max_cost_usd
    joined = conflict.commit(tip, BOTH, order.ref, conflict.branch)
    conflict.report(ResolutionEnded(order.envelope.job, "submitted", "Both.", SPENT, joined))
    conflict.step()
    assert (conflict.row.state, conflict.row.base, conflict.row.head) == ("checking", tip, joined)
    assert (conflict.row.authored, conflict.row.rung) == (conflict.branch, "resolver")
    assert hub.is_ancestor(conflict.branch, joined)
    build = conflict.build()
    assert (hub.read(build.head, PATH) or b"").decode() == BOTH
    reviews = [each for each in conflict.take(AgentOrder) if each.assignment.role == "reviewer"]
    assert {each.head for each in reviews} == {joined}, "new text is read by reviewers"
    assert conflict.row.rung == "resolver"
    assert conflict.state.spent_usd == pytest.approx(2 * SPENT.cost_usd)


@once
def test_two_red_tries_send_it_back_with_what_both_said_and_what_the_builders_answered(conflict: Conflict) -> None:
    conflict.resolve(summary="I kept the branch's.")
    conflict.build("Arithmetic.and_comm is not there.")
    assert (conflict.row.state, conflict.row.head) == ("resolving", conflict.branch), "the author's text is back"
    assert not conflict.row.authored
    second = conflict.order("resolver")
    assert second.assignment.conflict is not None
    assert second.assignment.conflict.number == 2
    (told,) = second.assignment.conflict.tries
    assert "I kept the branch's." in told
    assert "Arithmetic.and_comm is not there." in told
    conflict.held.append(second)
    conflict.resolve(summary="I kept main's.")
    conflict.build("Arithmetic.and_comm is there twice.")
    assert conflict.row.state == "bounced"
    for words in (PATH, "I kept the branch's.", "is not there.", "I kept main's.", "is there twice.", "2 resolvers"):
        assert words in conflict.told()
    assert len(conflict.tries()) == 2
    assert conflict.state.spent_usd == pytest.approx(3 * SPENT.cost_usd)


@once
def test_a_resolver_that_gives_up_has_had_its_try_and_one_that_failed_has_not(conflict: Conflict) -> None:
    for ending in ("failed", "gave_up", "cancelled", "limit"):
        assert conflict.row.state == "resolving"
        job = conflict.order("resolver").envelope.job
        conflict.report(ResolutionEnded(job, ending, f"It {ending}.", SPENT))
        conflict.step()
        conflict.step(5.0)  # what failed is left alone for two seconds
    assert conflict.row.state == "bounced"
    assert "It gave_up." in conflict.told()
    assert "It limit." in conflict.told()
    assert "It failed." not in conflict.told()


@once
def test_a_try_whose_worker_was_killed_goes_out_again_and_what_it_tells_late_changes_nothing(
    conflict: Conflict,
) -> None:
    lost = conflict.order("resolver")
    conflict.report(Beat("worker", (lost.envelope.job,)))
    conflict.step()
    for _ in range(4):
        conflict.step(LEASE / 3)
    again = conflict.order("resolver")
    assert again.envelope.job != lost.envelope.job
    assert again.ref != lost.ref
    assert again.assignment.conflict is not None
    assert again.assignment.conflict.number == 1, "a worker's death is no try"
    late = conflict.commit(lost.envelope.base, BOTH, lost.ref, lost.branch)
    conflict.report(ResolutionEnded(lost.envelope.job, "submitted", "Late.", SPENT, late))
    conflict.step()
    assert (conflict.row.state, conflict.row.head) == ("resolving", conflict.branch)
    assert conflict.state.spent_usd == pytest.approx(2 * SPENT.cost_usd), "but its money was spent"
    conflict.held.append(again)
    assert conflict.resolve() == conflict.row.head


@once
def test_a_killed_coordinator_sends_the_resolver_out_again_and_fences_the_first(conflict: Conflict) -> None:
    lost = conflict.order("resolver")
    conflict.begin_again()
    conflict.step()
    again = conflict.order("resolver")
    assert again.envelope.job != lost.envelope.job
    late = conflict.commit(lost.envelope.base, BOTH, lost.ref, lost.branch)
    conflict.report(ResolutionEnded(lost.envelope.job, "submitted", "Late.", SPENT, late))
    conflict.step()
    assert conflict.row.state == "resolving"
    conflict.held.append(again)
    joined = conflict.resolve()
    conflict.begin_again()
    conflict.step()
    assert (conflict.row.head, conflict.row.authored) == (joined, conflict.branch)
    _, build = conflict.take(BuildOrder)
    conflict.report(BuildEnded(build.envelope.job, accepted=True, lock="lock"))
    conflict.step()
    assert conflict.row.state == "reviewing"


@once
def test_people_can_see_what_became_of_each_try(conflict: Conflict) -> None:
    conflict.resolve(summary="I kept the branch's.")
    conflict.build("Arithmetic.and_comm is not there.")
    seen = blueprover("pr", "show", str(conflict.campaign.folder), "1").stdout
    assert "In conflict:" in seen
    assert "I kept the branch's." in seen
    assert "Arithmetic.and_comm is not there." in seen
    conflict.resolve()
    conflict.build()
    assert conflict.row.reason == "", "what was joined is in no conflict"


@once
@pytest.mark.parametrize("change", ["commits", "hint"])
def test_after_a_persons_word_resolvers_have_all_their_tries_again(conflict: Conflict, change: str) -> None:
    def give_up(said: str) -> Conflicting:
        order = conflict.order("resolver")
        assert order.assignment.conflict is not None
        conflict.report(ResolutionEnded(order.envelope.job, "gave_up", said, SPENT))
        conflict.step()
        return order.assignment.conflict

    give_up("I do not see how.")
    assert conflict.row.state == "resolving"
    late = conflict.order("resolver").envelope.job
    if change == "commits":
        base = conflict.state.pull_requests[0].base
        other = conflict.commit(base, THEIRS.replace("branch", "other"), "refs/heads/mine")
        conflict.grant(Revise(1, head=other, base=base, branch="mine"))
    else:
        conflict.grant(Retry(NODE, hint="Keep both."))
    conflict.report(ResolutionEnded(late, "gave_up", "It was sent before.", SPENT))
    conflict.step()
    first = give_up("Nor do I.")
    assert conflict.row.state == "resolving"
    second = give_up("It cannot be done.")
    assert [(each.number, len(each.tries)) for each in (first, second)] == [(1, 0), (2, 1)]
    assert conflict.row.state == "bounced"
    assert "2 resolvers could not" in conflict.told()
    assert "I do not see how." not in conflict.told()
    assert len(conflict.tries()) == 4


@once
def test_where_main_has_moved_out_of_the_way_nobody_is_paid(conflict: Conflict) -> None:
    job = conflict.order("resolver").envelope.job
    conflict.push_to_main({PATH: THEIRS})
    conflict.report(ResolutionEnded(job, "failed", "The model was away.", Usage()))
    conflict.step()
    conflict.audit()
    conflict.step(5.0)
    assert conflict.row.state == "checking"
    assert (conflict.row.head, conflict.row.rung) == (conflict.branch, "git")
    assert len(conflict.tries()) == 1


@once
def test_what_was_joined_is_joined_with_whatever_lands_afterwards(conflict: Conflict) -> None:
    joined = conflict.resolve()
    conflict.build()
    tip = conflict.push_to_main()
    hub = conflict.campaign.hub
    (changes,) = hub.changes_on(tip, [Branch(conflict.row.base, joined, "")])
    assert [change.path for change in changes] == [PATH]  # type: ignore[union-attr]


@once
def test_what_a_program_joined_and_the_builders_refused_is_a_resolvers_too(tmp_path: Path, broker: str) -> None:
    theirs = f"{HEAD}/-- Another. -/\npublic theorem b : True := branch\n"
    made = Conflict(tmp_path / "campaign", broker, theirs)
    build = made.build("a means another thing below b.")
    hub, tip = made.campaign.hub, made.campaign.main()
    assert (made.row.state, made.row.rung) == ("resolving", "declarations")
    order = made.order("resolver")
    assert order.assignment.conflict is not None
    assert order.assignment.conflict.paths == (PATH,)
    assert hub.read(order.head, PATH) == hub.read(build.head, PATH), "it begins with what was refused"
    (told,) = order.assignment.conflict.tries
    assert "a means another thing below b." in told
    made.held.append(order)
    joined = made.resolve()
    assert (made.row.state, made.row.head, made.row.base) == ("checking", joined, tip)
    made.build()
    assert (made.row.state, made.row.rung) == ("reviewing", "resolver")
    made.close()


@once
def test_without_tries_it_goes_back_to_its_item_at_once(tmp_path: Path, broker: str) -> None:
    made = Conflict(tmp_path / "campaign", broker, resolver={"tries": 0})
    assert made.row.state == "bounced"
    assert PATH in made.told()
    assert made.tries() == []
    made.close()
