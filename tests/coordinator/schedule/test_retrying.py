"""What follows from failed attempts."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from coordinator.campaign.settings import FailureCause, RetrySettings
from coordinator.schedule.retrying import (
    Cause,
    Policy,
    RetryRules,
    Tally,
    cause_of,
    dead_letter,
    is_exhausted,
    rules_of,
    wait_seconds,
)

RULES = RetryRules()
CAUSES = st.sampled_from(Cause)
BOUNDED = st.sampled_from([cause for cause in Cause if RULES.policy(cause).free is not None])


def tally_of(*causes: Cause, said: str = "no") -> Tally:
    tally = Tally()
    for cause in causes:
        tally = tally.after(cause, said)
    return tally


@given(st.lists(BOUNDED, min_size=RULES.most_attempts, max_size=RULES.most_attempts))
def test_an_item_that_always_fails_is_exhausted_after_a_known_number_of_attempts(causes: list[Cause]) -> None:
    assert is_exhausted(tally_of(*causes), RULES)


@given(st.lists(CAUSES, max_size=30), CAUSES)
def test_an_item_once_exhausted_stays_so_with_more_failures(causes: list[Cause], more: Cause) -> None:
    tally = tally_of(*causes)
    assert not is_exhausted(tally, RULES) or is_exhausted(tally.after(more, ""), RULES)


@given(st.lists(st.just(Cause.CANCELLED), max_size=200))
def test_attempts_that_others_ended_never_count(causes: list[Cause]) -> None:
    tally = tally_of(*causes)
    assert tally.counted(RULES) == 0
    assert not is_exhausted(tally, RULES)


def test_each_cause_counts_as_its_policy_says() -> None:
    assert tally_of(*[Cause.LEAN] * 4).counted(RULES) == 4
    assert tally_of(*[Cause.WORKER] * 3).counted(RULES) == 0
    assert tally_of(*[Cause.WORKER] * 5).counted(RULES) == 2
    assert tally_of(*[Cause.CONFLICT] * 5, Cause.REVIEW).counted(RULES) == 1


def test_a_model_that_refuses_thrice_is_not_asked_again() -> None:
    assert not is_exhausted(tally_of(Cause.REFUSED, Cause.REFUSED, Cause.LEAN), RULES)
    assert is_exhausted(tally_of(*[Cause.REFUSED] * 3), RULES)
    kinder = RetryRules(policies={Cause.REFUSED: Policy(at_most=5)})
    assert not is_exhausted(tally_of(*[Cause.REFUSED] * 3), kinder)


def test_more_attempts_open_an_item_that_was_given_up() -> None:
    tally = tally_of(*[Cause.LEAN] * 6)
    assert is_exhausted(tally, RULES)
    assert not is_exhausted(tally, RetryRules(max_attempts=7))


@given(st.integers(1, 10**9), st.lists(CAUSES, min_size=1, max_size=80))
def test_a_wait_is_the_same_each_time_and_never_longer_than_the_longest(item: int, causes: list[Cause]) -> None:
    tally = tally_of(*causes)
    wait = wait_seconds(item, tally, causes[-1], RULES)
    assert wait == wait_seconds(item, tally, causes[-1], RULES)
    assert 0 <= wait <= RULES.max_backoff_seconds


@given(st.integers(1, 10**6), st.integers(1, 8))
def test_each_wait_is_longer_than_the_one_before_up_to_the_longest(item: int, failures: int) -> None:
    waits = [wait_seconds(item, tally_of(*[Cause.LEAN] * number), Cause.LEAN, RULES) for number in (failures, 9)]
    assert waits[0] < waits[1]
    plain = RetryRules(jitter=0.0)
    assert [wait_seconds(item, tally_of(*[Cause.LEAN] * number), Cause.LEAN, plain) for number in (1, 2, 5, 50)] == [
        1.0,
        2.0,
        16.0,
        600.0,
    ]


def test_items_that_failed_together_come_back_apart() -> None:
    waits = {wait_seconds(item, tally_of(*[Cause.LEAN] * 12), Cause.LEAN, RULES) for item in range(100)}
    assert len(waits) == 100
    assert max(waits) - min(waits) > 100


def test_nobody_waits_after_a_conflict_and_longer_when_a_service_is_away() -> None:
    assert wait_seconds(1, tally_of(Cause.CONFLICT), Cause.CONFLICT, RULES) == 0.0
    away = wait_seconds(1, tally_of(Cause.INFRASTRUCTURE), Cause.INFRASTRUCTURE, RULES)
    assert away == 10 * wait_seconds(1, tally_of(Cause.LEAN), Cause.LEAN, RULES)


def test_a_dead_letter_is_one_sentence_of_all_failures() -> None:
    tally = tally_of(*[Cause.BUDGET] * 2, *[Cause.LEAN] * 4, said="\n unknown identifier\t'foo' \nat line 3")
    assert dead_letter(tally) == (
        "6 attempts: 4 with Lean errors, 2 out of budget; the last said: unknown identifier 'foo'"
    )
    assert dead_letter(tally_of(Cause.GAVE_UP, said="")) == "1 attempt: 1 given up by the agent."
    assert dead_letter(Tally()) == "It was given up before it was attempted."


@given(st.lists(CAUSES, min_size=1, max_size=20), st.text())
def test_whatever_an_agent_says_a_dead_letter_is_one_short_printable_line(causes: list[Cause], said: str) -> None:
    letter = dead_letter(tally_of(*causes, said=said))
    assert letter.isprintable()
    assert len(letter) < 800


def test_settings_change_the_policies_they_name_and_no_others() -> None:
    settings = RetrySettings.model_validate(
        {"max_attempts": 3, "causes": {"refused": {"at_most": 9, "free": "all"}, "lean": {"patience": 2.0}}}
    )
    rules = rules_of(settings)
    assert rules.max_attempts == 3
    assert rules.policy(Cause.REFUSED) == Policy(free=None, at_most=9, patience=1.0)
    assert rules.policy(Cause.LEAN) == Policy(free=0, at_most=None, patience=2.0)
    assert rules.policy(Cause.CONFLICT) == RULES.policy(Cause.CONFLICT)


def test_settings_know_every_cause_that_can_be_had() -> None:
    assert {cause.value for cause in Cause} - {"cancelled"} == set(get_args(FailureCause))


def test_endings_of_agents_have_causes() -> None:
    assert cause_of("limit", "cost") == Cause.BUDGET
    assert cause_of("limit", "wall") == Cause.TIME
    assert cause_of("failed", "refused") == Cause.REFUSED
    assert cause_of("failed", "unavailable") == Cause.INFRASTRUCTURE
    assert cause_of("gave_up") == Cause.GAVE_UP
    assert cause_of("something new") == Cause.INFRASTRUCTURE
