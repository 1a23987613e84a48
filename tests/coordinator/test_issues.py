from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agents import Feedback, Finding
from coordinator.campaign.wishes import CloseIssue, FileIssue
from coordinator.store import issues as issues_module
from coordinator.store import jobs, reports
from coordinator.store.issues import _digest_of, close_issues, file_issue, open_issues_of
from coordinator.store.schema import issues
from coordinator.views.recorded import open_issues
from coordinator.work.reports import AttemptEnded, ReviewEnded
from tests.coordinator.test_steering import SETTINGS, Steered
from tests.coordinator.test_transitions import SPENT
from tests.support.landing_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.store.store import Store

FALSE = Finding("wrong_statement", "thm:low", "It is false for n = 0.")


@pytest.fixture
def steered(store: Store) -> Steered:
    return Steered(store)


def report(steered: Steered, *findings: Finding) -> bool:
    """An attempt at a node that found these things."""
    with steered.ledger.begin() as transaction:
        job = jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="a" * 40, item=1)
    with steered.ledger.begin() as transaction:
        ended = AttemptEnded(job, "gave_up", "No.", SPENT, findings=findings)
        return reports.end_attempt(transaction, ended, SETTINGS.retry, 1.0)


def stands(steered: Steered) -> dict[int, tuple[str, int]]:
    with steered.store.begin() as transaction:
        rows = transaction.execute(select(issues)).all()
    return {row.number: (row.state, row.times) for row in rows}


def test_what_says_the_same_is_one_issue_and_counted(steered: Steered) -> None:
    report(steered, FALSE, Finding("wrong_statement", "thm:low", "it is FALSE,  for n = 0"))
    report(steered, FALSE, Finding("missing_lemma", "thm:low", FALSE.text), Finding(FALSE.kind, "thm:lone", FALSE.text))
    assert stands(steered) == {1: ("open", 3), 2: ("open", 1), 3: ("open", 1)}
    with steered.store.begin() as transaction:
        first = open_issues(transaction)[0]
    assert (first.text, first.filed_by, first.times) == (FALSE.text, "attempt 1", 3)


def test_agents_file_a_few_and_only_about_nodes_there_are(steered: Steered) -> None:
    report(steered, Finding("missing_lemma", "thm:made-up", "Mine."))
    report(steered, *(Finding("missing_lemma", "thm:low", f"Lemma {number}.") for number in range(9)))
    assert len(stands(steered)) == 5


def test_a_node_with_very_many_open_issues_takes_no_more_of_agents(
    steered: Steered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issues_module, "MOST_OPEN", 2)
    report(steered, *(Finding("missing_lemma", "thm:low", f"Lemma {number}.") for number in range(3)))
    assert len(stands(steered)) == 2
    assert steered.ask(FileIssue("thm:low", "missing_lemma", "Lemma 9.")).words == "Issue 3 is open."


def test_a_reviewers_findings_are_kept_and_those_of_a_lost_lease_are_not(steered: Steered) -> None:
    steered.attempt("thm:low", "submitted")
    with steered.ledger.begin() as transaction:
        job = jobs.send_job(transaction, "review", now=1, lease_seconds=9, base="a" * 40, item=1, pull_request=1)
        ended = ReviewEnded(job, "verdict", "", SPENT, "r", "approve", "Fine.", "b" * 40, findings=(FALSE,))
        assert reports.end_review(transaction, ended, 1.0)
        assert not reports.end_review(transaction, ended, 1.0)
    assert stands(steered) == {1: ("open", 1)}


def test_a_person_files_and_closes_and_has_the_last_word(steered: Steered) -> None:
    wish = FileIssue("thm:low", "wrong_statement", FALSE.text)
    assert steered.ask(wish).words == "Issue 1 is open."
    assert steered.ask(CloseIssue(1)).words == "Issue 1 is closed."
    assert steered.ask(CloseIssue(1)).words == "Issue 1 was closed already."
    report(steered, FALSE)
    assert stands(steered) == {1: ("closed", 2)}
    assert steered.ask(wish).words == "Issue 1 is open."
    assert stands(steered) == {1: ("open", 3)}
    assert steered.ask(CloseIssue(9)).exit_code == 2
    assert steered.ask(FileIssue("thm:lo", "missing_lemma", "x")).exit_code == 2


def test_a_wrong_statement_changes_nothing_by_itself(steered: Steered) -> None:
    before, started = dict(steered.ledger.state.items), steered.started
    steered.ask(FileIssue("thm:low", "wrong_statement", FALSE.text))
    assert (dict(steered.ledger.state.items), steered.started) == (before, started)


def test_an_issue_that_a_landing_closed_is_open_when_it_is_filed_again(store: Store) -> None:
    with store.begin() as transaction:
        number = file_issue(transaction, "missing_lemma", "a", "L.", "attempt 1", 1.0)
        assert number is not None
        assert close_issues(transaction, [number], "pull request 4", 2.0) == [number]
        assert open_issues_of(transaction, ["a"]) == {}
        file_issue(transaction, "missing_lemma", "a", "L!", "attempt 2", 3.0)
        assert open_issues_of(transaction, ["a", "b"]) == {"a": [Feedback("issue", "Issue 1 (missing lemma): L.")]}


def test_a_landing_names_and_closes_the_issues_of_its_node_and_no_others(
    hub: Repository, store: Store, tmp_path: Path
) -> None:
    desk = Desk(hub, store, tmp_path)
    with desk.ledger.begin() as transaction:
        for label, text in (("a", "One."), ("a", "Two."), ("b", "Three.")):
            file_issue(transaction, "missing_lemma", label, text, "person", 1.0)
    number = desk.propose(1, {"Book/A.lean": "a\n"}, closes=(1, 3, 99))
    assert desk.land(number)
    message = hub.message(hub.head() or "")
    assert [line for line in message.splitlines() if line.startswith("Closes-issue")] == ["Closes-issue: 1"]
    with store.begin() as transaction:
        assert [issue.number for issue in open_issues(transaction)] == [2, 3]


@given(st.text(max_size=40), st.text(max_size=40))
def test_issues_are_told_apart_by_their_words_and_nothing_else(first: str, second: str) -> None:
    same = _digest_of("k", "a", f"{first} {second}") == _digest_of("k", "a", f"  {first}\n-- {second}!")
    assert same
    assert _digest_of("k", "a", first) != _digest_of("k", "a b", first)
