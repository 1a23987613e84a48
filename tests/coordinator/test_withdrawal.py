"""What becomes of the work on an item when another attempt at it lands, or when nobody wants it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.errors import WrongMove
from coordinator.store import items, jobs, landings, reports, requests, withdrawal
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_state
from coordinator.store.schema import failures, pull_requests
from coordinator.store.schema import jobs as job_table
from coordinator.work.reports import AttemptEnded, BuildEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from coordinator.store.store import Store

RETRY = RetrySettings()
ITEM = 1


class Race:
    """A ledger with one item, at which several are at work."""

    def __init__(self, store: Store) -> None:
        made = book(node("a", definition=True))
        with store.begin() as transaction:
            items.seed_items(transaction, made)
        self.store = store
        self.ledger = Ledger(store, DependencyGraph(made), Settings())

    def send(self, kind: str = "attempt", request: int | None = None) -> int:
        with self.ledger.begin() as transaction:
            about = {"item": ITEM, "pull_request": request, "cap_usd": 1.0}
            return jobs.send_job(transaction, kind, now=1.0, lease_seconds=9.0, base="b" * 40, **about)  # type: ignore[arg-type]

    def end(self, job: int, ending: str, cost_usd: float = 0.25) -> None:
        with self.ledger.begin() as transaction:
            report = AttemptEnded(job, ending, "words", Usage(cost_usd=cost_usd), "c" * 40)
            reports.end_attempt(transaction, report, RETRY, 2.0)

    def propose(self, *, approved: bool = True) -> int:
        self.end(self.send(), "submitted")
        number = self.ledger.state.pull_requests[-1].number
        if approved:
            build = self.send("build", number)
            with self.ledger.begin() as transaction:
                reports.end_build(transaction, BuildEnded(build, accepted=True, lock="d"), RETRY, 2.0)
                requests.approve(transaction, number, 2.0)
        return number

    def land(self, number: int) -> None:
        with self.ledger.begin() as transaction:
            landings.intend_landing(transaction, number, "b", f"{number:040x}", 3.0)
        with self.ledger.begin() as transaction:
            landings.finish_landing(transaction, number, f"{number:040x}", 3.0)

    def ends(self) -> tuple[dict[int, str], dict[int, str]]:
        """The states of all pull requests, and how all jobs ended."""
        with self.store.begin() as transaction:
            asked = transaction.execute(select(pull_requests.c.number, pull_requests.c.state)).all()
            ended = transaction.execute(select(job_table.c.id, job_table.c.ending)).all()
        return dict(asked), dict(ended)


@pytest.fixture
def race(store: Store) -> Race:
    return Race(store)


def test_the_first_that_lands_ends_all_other_work_on_its_item(race: Race) -> None:
    winner, other, third = race.propose(), race.propose(), race.propose(approved=False)
    at_work = [race.send(), race.send("review", other), race.send("build", third)]
    race.land(winner)
    requests_now, endings = race.ends()
    assert requests_now == {winner: "landed", other: "withdrawn", third: "withdrawn"}
    assert {endings[job] for job in at_work} == {"revoked"}
    assert race.ledger.state.jobs == ()
    assert race.ledger.state.pull_requests == ()
    with race.store.begin() as transaction:
        reasons = transaction.execute(select(pull_requests.c.reason).where(pull_requests.c.number == other))
        assert reasons.scalar_one() == f"Pull request {winner} of the same item landed first."
        assert load_state(transaction).landed == {"a": {"statement"}}


def test_what_a_loser_has_spent_is_counted_when_it_is_told_and_its_work_is_not_taken(race: Race) -> None:
    winner, late = race.propose(), race.send()
    race.land(winner)
    before = race.ledger.state.spent_usd
    race.end(late, "submitted", cost_usd=0.5)
    race.end(late, "submitted", cost_usd=0.5)
    assert race.ledger.state.spent_usd == pytest.approx(before + 0.5)
    assert race.ends()[0] == {winner: "landed"}


def test_a_revoked_loser_is_no_failure_and_no_lesson_and_one_that_failed_is_both(race: Race) -> None:
    failed, winner, other = race.send(), race.propose(), race.propose()
    race.send()
    race.end(failed, "gave_up")
    assert race.ledger.readiness.experience.lessons == 1
    race.land(winner)
    assert other in race.ends()[0]
    assert race.ledger.readiness.experience.lessons == 2
    assert race.ledger.state.by_id[ITEM].attempts == 3  # the winner, the one that failed, and the one that proposed
    with race.store.begin() as transaction:
        assert len(transaction.execute(select(failures)).all()) == 1
    again = Ledger(race.store, DependencyGraph(book(node("a", definition=True))), Settings())
    assert again.readiness.experience.lessons == 2


def test_what_a_person_leaves_out_teaches_nothing(race: Race) -> None:
    number = race.propose()
    race.send()
    with race.ledger.begin() as transaction:
        withdrawal.drop_work(transaction, ITEM, "Left out by a person.", 3.0)
    assert race.ends()[0] == {number: "withdrawn"}
    assert race.ledger.readiness.experience.lessons == 0


def test_of_two_approved_requests_of_an_item_no_second_one_can_be_about_to_land(race: Race) -> None:
    first, second = race.propose(), race.propose()
    with race.ledger.begin() as transaction:
        landings.intend_landing(transaction, first, "b", "c" * 40, 3.0)
    with pytest.raises(WrongMove, match=f"{first} of the same item"), race.ledger.begin() as transaction:
        landings.intend_landing(transaction, second, "c" * 40, "d" * 40, 3.0)
    with race.ledger.begin() as transaction:
        landings.abandon_landing(transaction, "c" * 40)
    race.land(second)
    assert race.ends()[0] == {first: "withdrawn", second: "landed"}
