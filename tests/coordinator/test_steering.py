from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from blueprint import DependencyGraph
from coordinator.campaign.budgets import BudgetSettings, SpendingLimit
from coordinator.campaign.campaign import Book
from coordinator.campaign.layout import plan_homes
from coordinator.campaign.settings import Settings
from coordinator.campaign.wishes import Boost, Pause, Resume, Retry, Skip
from coordinator.schedule.actions import Capacity, Finish, StartAttempt
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.scheduler import decide
from coordinator.store import items, jobs, reports
from coordinator.store.kept import set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_state
from coordinator.store.schema import feedback
from coordinator.store.steering import grant
from coordinator.views.accounts import divide_cost
from coordinator.views.failing import failing_items
from coordinator.work.reports import AttemptEnded, BuildEnded
from tests.coordinator.test_transitions import SPENT
from tests.support.books import book, node

if TYPE_CHECKING:
    from coordinator.campaign.wishes import Answer, Wish
    from coordinator.schedule.actions import Action
    from coordinator.schedule.state import Item
    from coordinator.store.store import Store

SETTINGS = Settings.model_validate({"retry": {"max_attempts": 2, "backoff_seconds": 60.0}})
BLUEPRINT = book(
    node("thm:low", lean="Book.low"),
    node("thm:high", uses=("thm:low",), chapter=1),
    node("thm:lone"),
    chapters=("First", "Second"),
)
BOOK = Book(BLUEPRINT, DependencyGraph(BLUEPRINT), plan_homes(BLUEPRINT, "Book"))


class Steered:
    """A campaign in a store and in memory, and people who ask things of it."""

    settings = SETTINGS

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, 100.0
        with store.begin() as transaction:
            items.seed_items(transaction, BLUEPRINT)
            for key in ("main", "certified", "audited"):
                set_meta(transaction, key, "a" * 40)
        self.ledger = Ledger(store, BOOK.graph, SETTINGS)

    def ask(self, wish: Wish) -> Answer:
        self.now += 1.0
        with self.ledger.begin() as transaction:
            return grant(transaction, wish, BOOK, self.settings, self.now)

    def attempt(self, label: str, ending: str = "gave_up", said: str = "It is false.", cause: str = "") -> int:
        """An attempt at a statement, from its beginning to its end."""
        item = self.item(label)
        with self.ledger.begin() as transaction:
            job = jobs.send_job(
                transaction, "attempt", now=self.now, lease_seconds=9.0, base="a" * 40, item=item.id, model="m-1"
            )
        with self.ledger.begin() as transaction:
            ended = AttemptEnded(job, ending, said, SPENT, "b" * 40, cause)
            reports.end_attempt(transaction, ended, SETTINGS.retry, self.now)
        return job

    def give_up(self, label: str) -> None:
        for _ in range(SETTINGS.retry.max_attempts):
            self.attempt(label)
        with self.ledger.begin() as transaction:
            items.give_up(transaction, self.item(label).id, self.now)

    def item(self, label: str, stage: str = "statement") -> Item:
        return self.ledger.state.items[label, stage]  # type: ignore[index]

    def decide(self) -> list[Action]:
        return decide(self.ledger.state, self.ledger.readiness, SETTINGS, Capacity(4, 2), self.now)

    @property
    def started(self) -> list[str]:
        ids = [action.item for action in self.decide() if isinstance(action, StartAttempt)]
        return [self.ledger.state.by_id[number].label for number in ids]

    def check(self) -> None:
        """The state in memory is the store's."""
        with self.store.begin() as transaction:
            loaded = load_state(transaction, BLUEPRINT)
        assert loaded.items == self.ledger.state.items
        assert (loaded.paused, loaded.skipped) == (self.ledger.state.paused, self.ledger.state.skipped)
        anew = Readiness(BOOK.graph, loaded, SETTINGS)
        assert {each.id for each in anew.ready(self.now)} == {each.id for each in self.ledger.readiness.ready(self.now)}


@pytest.fixture
def steered(store: Store) -> Steered:
    return Steered(store)


def test_a_pause_sends_no_agents_and_what_was_begun_goes_on_to_its_build(steered: Steered) -> None:
    job = steered.attempt("thm:low", "submitted")
    assert steered.ask(Pause()).exit_code == 0
    assert steered.started == []
    assert [type(action).__name__ for action in steered.decide()] == ["StartBuild"]
    assert "already" in steered.ask(Pause()).words
    steered.ask(Resume())
    assert "not paused" in steered.ask(Resume()).words
    assert steered.started == ["thm:lone"]
    assert steered.ledger.state.job(job) is None
    steered.check()


def test_who_wants_another_try_is_told_when_the_budget_of_the_item_leaves_too_little(steered: Steered) -> None:
    steered.give_up("thm:low")
    spent = SETTINGS.retry.max_attempts * SPENT.cost_usd
    steered.settings = SETTINGS.model_copy(
        update={"budget": BudgetSettings(item=SpendingLimit(usd=spent + SETTINGS.attempt.max_cost_usd))}
    )
    assert steered.ask(Retry("thm:low")).words == "thm:low will be tried again."
    told = steered.ask(Retry("thm:low", max_cost_usd=SETTINGS.attempt.max_cost_usd + 1)).words
    assert f"As much as ${spent:.2f} of the" in told
    assert "`budget.item.usd`" in told


def test_a_node_given_up_is_open_again_with_all_its_attempts_and_at_once(steered: Steered) -> None:
    steered.give_up("thm:low")
    assert steered.started == ["thm:lone"]
    answer = steered.ask(Retry("Book.low", model="claude-opus-4-8", max_cost_usd=12.5))
    assert (answer.exit_code, answer.words) == (0, "thm:low will be tried again.")
    assert steered.started == ["thm:low", "thm:lone"]
    item = steered.item("thm:low")
    assert (item.attempts, item.sent, item.model, item.max_cost_usd) == (0, 2, "claude-opus-4-8", 12.5)
    caps = [action.cap_usd for action in steered.decide() if isinstance(action, StartAttempt)]
    assert caps == [12.5, SETTINGS.attempt.max_cost_usd]
    steered.check()


def test_a_hint_is_kept_once_however_often_it_is_given(steered: Steered) -> None:
    for _ in range(2):
        steered.ask(Retry("thm:lone", hint="Induct."))
    with steered.store.begin() as transaction:
        kept = transaction.execute(select(feedback.c.text).where(feedback.c.source == "person")).scalars().all()
    assert list(kept) == ["Induct.", "Induct."], "one for each stage of the node"


def test_failed_ones_are_chosen_by_state_or_by_the_cause_of_the_last_failure(steered: Steered) -> None:
    steered.give_up("thm:low")
    steered.attempt("thm:lone", "limit", cause="wall")
    assert steered.ask(Retry(cause="time")).words == "thm:lone will be tried again."
    assert steered.ask(Retry(cause="time")).words.startswith("Nothing that failed")
    assert steered.ask(Retry(failed=True)).words == "thm:low will be tried again."
    assert steered.ask(Retry()).exit_code == 2


def test_a_node_left_out_stops_what_is_done_for_it_and_blocks_what_rests_on_it(steered: Steered) -> None:
    steered.attempt("thm:low", "submitted")
    with steered.ledger.begin() as transaction:
        build = jobs.send_job(transaction, "build", now=0, lease_seconds=9, base="a" * 40, item=1, pull_request=1)
    for _ in range(2):
        assert steered.ask(Skip("thm:low")).exit_code == 0
    state = steered.ledger.state
    assert state.skipped == {"thm:low"}
    assert not state.jobs + state.pull_requests
    with steered.ledger.begin() as transaction:
        assert not reports.end_build(transaction, BuildEnded(build, accepted=True), SETTINGS.retry, 1.0)
    assert steered.started == ["thm:lone"]
    steered.check()
    steered.ask(Retry("thm:low"))
    assert steered.started == ["thm:low", "thm:lone"]
    assert not steered.ledger.state.skipped
    steered.check()


def test_a_campaign_whose_rest_was_left_out_is_done_and_names_it(steered: Steered) -> None:
    for label in ("thm:low", "thm:lone"):
        steered.ask(Skip(label))
    (finish,) = steered.decide()
    assert isinstance(finish, Finish)
    assert (finish.state, "thm:lone, thm:low" in finish.reason) == ("done", True)


def test_a_boost_goes_before_leverage_and_takes_along_what_the_node_rests_on(steered: Steered) -> None:
    assert steered.started == ["thm:low", "thm:lone"]
    steered.ask(Boost("thm:lone", 100.0))
    assert steered.started == ["thm:lone", "thm:low"]
    steered.ask(Boost("thm:high", 10_000.0))
    assert steered.started == ["thm:low", "thm:lone"]
    assert "already" in steered.ask(Boost("thm:high", 10_000.0)).words
    steered.check()
    steered.ask(Boost("thm:high", 1.0))
    assert steered.started == ["thm:lone", "thm:low"]
    steered.check()


@pytest.mark.parametrize(
    ("wish", "code", "words"),
    [
        (Skip("thm:lowe"), 2, "did you mean 'thm:low'?"),
        (Boost("Book.lwo", 2.0), 2, "did you mean 'Book.low'?"),
        (Retry("???"), 2, "no node '???'."),
        (Retry("thm:low", model="no-such-model"), 1, "has no price"),
    ],
)
def test_what_cannot_be_granted_is_said_in_a_sentence_and_changes_nothing(
    steered: Steered, wish: Wish, code: int, words: str
) -> None:
    before = dict(steered.ledger.state.items)
    answer = steered.ask(wish)
    assert (answer.exit_code, words in answer.words) == (code, True)
    assert steered.ledger.state.items == before


def test_failures_are_grouped_by_their_last_cause_with_the_last_summary(steered: Steered) -> None:
    steered.attempt("thm:lone", "limit", "Nearly.", "wall")
    steered.give_up("thm:low")
    with steered.store.begin() as transaction:
        found = failing_items(transaction)
        assert failing_items(transaction, "time") == [each for each in found if each.cause == "time"]
    assert [(each.label, each.cause, each.given_up, each.attempts, each.summary) for each in found] == [
        ("thm:low", "gave_up", True, 2, "It is false."),
        ("thm:lone", "time", False, 1, "Nearly."),
    ]


def test_cost_is_divided_and_always_sums_up_to_what_was_spent(steered: Steered) -> None:
    steered.attempt("thm:low")
    steered.now += 3600.0
    steered.attempt("thm:high")
    with steered.store.begin() as transaction:
        names = {}
        for by in ("node", "chapter", "model", "hour", "kind"):
            shares = divide_cost(transaction, by, BLUEPRINT)
            assert sum(each.cost_usd for each in shares) == pytest.approx(2 * SPENT.cost_usd)
            names[by] = [each.name for each in shares]
    assert names == {
        "node": ["thm:high", "thm:low"],
        "chapter": ["First", "Second"],
        "model": ["m-1"],
        "hour": ["1970-01-01 00:00", "1970-01-01 01:00"],
        "kind": ["attempt"],
    }
