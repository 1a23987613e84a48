"""Plans of a campaign, kept beside it and held against what happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.campaign import Book, Campaign
from coordinator.campaign.layout import plan_homes
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.cli.app import app
from coordinator.engine.demo import prepare_demo
from coordinator.errors import InputError
from coordinator.schedule.plan import Interval
from coordinator.store import items, jobs, landings, reports, requests
from coordinator.store.lessons import read_lessons
from coordinator.store.store import Store
from coordinator.views.planning import Outcome, in_a_line, keep_plan, make_plan, outcome_since, read_plan
from coordinator.work.reports import AttemptEnded, BuildEnded, ReviewEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.schedule.experience import Lesson

MADE = book(node("a", definition=True), node("b", uses=("a",)), node("c", uses=("b",)), node("later", notready=True))
BOOK = Book(MADE, DependencyGraph(MADE), plan_homes(MADE, "Book"))
RETRY = RetrySettings()


def campaign(folder: Path, **settings: Any) -> Campaign:
    return Campaign(folder, Settings.model_validate(settings))


def attempt(store: Store, item: int, number: int, ending: str, cost: float, at: float = 100.0) -> int:
    """An attempt that took ten seconds; its job."""
    with store.begin() as transaction:
        job = jobs.send_job(transaction, "attempt", now=at, lease_seconds=60, base="0" * 40, item=item, number=number)
        report = AttemptEnded(job, ending, "words", Usage(cost_usd=cost), "a" * 40)
        reports.end_attempt(transaction, report, RETRY, at + 10)
    return job


def review(store: Store, request: int, item: int, cost: float) -> None:
    with store.begin() as transaction:
        job = jobs.send_job(
            transaction, "review", now=111, lease_seconds=60, base="0" * 40, item=item, pull_request=request
        )
        report = ReviewEnded(job, "verdict", "", Usage(cost_usd=cost), "r", "approve", "", "a" * 40)
        reports.end_review(transaction, report, 112)


def land(store: Store, request: int, item: int, at: float) -> None:
    with store.begin() as transaction:
        job = jobs.send_job(
            transaction, "build", now=110, lease_seconds=60, base="0" * 40, item=item, pull_request=request
        )
        reports.end_build(transaction, BuildEnded(job, accepted=True), RETRY, 111)
        requests.approve(transaction, request, 112)
        landings.intend_landing(transaction, request, "0" * 40, f"{request:040x}", at)
        landings.finish_landing(transaction, request, f"{request:040x}", at)


@pytest.fixture
def begun(store: Store) -> Store:
    """The first statement landed, after an attempt that failed and one that was stopped; the second waits."""
    with store.begin() as transaction:
        items.seed_items(transaction, MADE)
    attempt(store, 1, 1, "gave_up", 0.5)
    attempt(store, 1, 2, "cancelled", 0.25)
    attempt(store, 1, 3, "submitted", 1.0)
    review(store, 1, 1, 0.125)
    land(store, 1, 1, 140.0)
    attempt(store, 2, 1, "submitted", 2.0)
    return store


def test_lessons_are_attempts_that_landed_or_came_to_nothing_with_their_reviews(begun: Store) -> None:
    with begun.begin() as transaction:
        lessons: list[Lesson] = list(read_lessons(transaction, MADE, "m"))
    assert [(lesson.landed, lesson.cost_usd, lesson.seconds) for lesson in lessons] == [
        (False, 0.5, 10.0),
        (True, 1.125, 40.0),
    ]
    assert [lesson.traits.attempts for lesson in lessons] == [0, 2]
    assert {lesson.traits.kind for lesson in lessons} == {"definition"}


def test_before_the_first_run_a_plan_is_a_guess_from_the_settings_and_says_so(tmp_path: Path) -> None:
    plan = make_plan(campaign(tmp_path), BOOK, None)
    assert plan.left == {"statement": 3, "proof": 2}
    assert plan.lessons == 0
    assert plan.slots == 16
    assert 5 < plan.estimate.attempts.middle < 30
    assert any("guess" in sentence for sentence in plan.assumptions)


def test_what_landed_is_no_longer_planned_and_what_was_learnt_is_said(tmp_path: Path, begun: Store) -> None:
    plan = make_plan(campaign(tmp_path), BOOK, begun, slots=3)
    assert plan.left == {"statement": 2, "proof": 2}
    assert plan.lessons == 2
    assert plan.slots == 3
    assert plan.spent_usd == pytest.approx(3.875)
    assert any("the 2 that have ended" in sentence for sentence in plan.assumptions)


@pytest.mark.parametrize(("budget", "words"), [(1000.0, "are enough"), (12.0, "may not be"), (1.0, "will not be")])
def test_a_plan_says_whether_the_budget_will_do(tmp_path: Path, budget: float, words: str) -> None:
    plan = make_plan(campaign(tmp_path, budget_usd=budget), BOOK, None)
    assert words in plan.assumptions[-1]


def test_a_plan_tells_of_races_and_tiers_where_there_are_any(tmp_path: Path) -> None:
    tiers = ["claude-haiku-4-5", "claude-opus-4-5"]
    plain, racing = (
        make_plan(campaign(tmp_path, **more), BOOK, None).assumptions
        for more in ({}, {"race": {"max_width": 3}, "model": {"name": tiers[1], "tiers": tiers}})
    )
    assert not any("race" in sentence for sentence in plain)
    assert any(sentence.startswith("Up to 3 attempts race") for sentence in racing)
    assert any(sentence.endswith("claude-haiku-4-5, then claude-opus-4-5.") for sentence in racing)


def test_a_plan_that_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    plan = make_plan(campaign(tmp_path), BOOK, None)
    keep_plan(plan, tmp_path)
    assert read_plan(tmp_path) == plan


def test_a_file_that_is_no_plan_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert read_plan(tmp_path) is None
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(InputError, match="makes a new one"):
        read_plan(tmp_path)


def test_what_happened_is_counted_from_when_the_plan_was_made(tmp_path: Path, begun: Store) -> None:
    plan = make_plan(campaign(tmp_path), BOOK, begun)
    then = plan.made_at
    attempt(begun, 3, 1, "gave_up", 1.0, at=then + 100)
    attempt(begun, 3, 2, "gave_up", 2.0, at=then + 105)
    attempt(begun, 3, 3, "gave_up", 4.0, at=then + 1000)
    outcome = outcome_since(plan, begun)
    assert outcome.cost_usd == pytest.approx(7.0)
    assert outcome.seconds == pytest.approx(25.0)
    assert outcome.attempts == 3
    assert outcome.unlanded == 4


def test_the_command_plans_and_compares(tmp_path: Path) -> None:
    folder, runner = tmp_path / "demo", CliRunner()
    prepare_demo(folder, fresh=False)
    made = runner.invoke(app, ["plan", str(folder), "--agents", "4"])
    assert made.exit_code == 0, made.output
    assert "49 statement(s) and 37 proof(s)" in made.output
    assert "4 agent(s) work at once" in made.output
    early = runner.invoke(app, ["plan", str(folder), "--compare"])
    assert isinstance(early.exception, InputError)
    Store(folder / "store.sqlite", writable=True).close()
    compared = runner.invoke(app, ["plan", str(folder), "--compare", "--json"])
    rows = json.loads(compared.output)
    assert sorted(rows) == ["attempts", "dollars", "seconds", "unlanded"]
    assert rows["dollars"]["happened"] == 0.0
    assert not rows["dollars"]["within"]
    told = runner.invoke(app, ["plan", str(folder), "--compare"])
    assert "off" in told.output


def test_an_interval_holds_its_ends() -> None:
    assert Interval(1, 2, 3).holds(3)
    assert not Interval(1, 2, 3).holds(3.5)


def test_what_was_planned_and_what_happened_are_told_in_a_line(tmp_path: Path, begun: Store) -> None:
    guess, learnt = (make_plan(campaign(tmp_path), BOOK, store) for store in (None, begun))
    line = in_a_line(guess, Outcome(cost_usd=1234.5, seconds=7300.0, attempts=9, unlanded=0))
    assert line.startswith("Planned, as a guess from the settings: $")
    assert line.endswith(". Since then: $1,234.50 in 2.0 h.")
    assert in_a_line(learnt, Outcome(0, 0, 0, 0)).startswith("Planned: $")
