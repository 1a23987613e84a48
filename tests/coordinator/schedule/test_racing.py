"""Races between attempts at one item: how wide, with which models, and which pull request leads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coordinator.campaign.settings import Settings
from coordinator.schedule.racing import RaceRules, count_racers, first_of_each, leaders, race_rules
from coordinator.schedule.state import CampaignState, Item, Job, PullRequest, Verdict

RULES = RaceRules(max_width=4, blocks_many=10, after_failures=2, tiers=("small", "middling", "large"))
HEAD = "a" * 40


def test_an_ordinary_item_has_one_attempt_at_a_time_by_the_cheapest_model() -> None:
    assert RULES.width(0, 0, 6) == 1
    assert RULES.model(0, 0) == "small"


def test_races_widen_and_models_grow_with_what_is_held_up_and_with_failures() -> None:
    assert [RULES.width(unblocks, 0, 9) for unblocks in (9, 10, 20, 40, 9999)] == [1, 2, 3, 4, 4]
    assert [RULES.width(0, failures, 9) for failures in (1, 2, 4, 6, 60)] == [1, 2, 3, 4, 4]
    assert [RULES.model(0, failures) for failures in (0, 2, 3, 4, 9)] == ["small", "middling", "middling"] + [
        "large"
    ] * 2
    assert RULES.model(25, 0) == "large"


@given(st.integers(0, 10**6), st.integers(0, 99), st.integers(1, 20), st.integers(0, 99), st.integers(0, 9))
def test_a_race_never_shrinks_as_more_depends_on_it_and_keeps_its_bounds(
    unblocks: int, failures: int, left: int, more: int, again: int
) -> None:
    width = RULES.width(unblocks, failures, left)
    assert 1 <= width <= min(RULES.max_width, left)
    assert width <= RULES.width(unblocks + more, failures + again, left)
    tiers = RULES.tiers
    assert tiers.index(RULES.model(unblocks, failures)) <= tiers.index(RULES.model(unblocks + more, failures + again))


@given(st.integers(0, 10**6), st.integers(0, 99))
def test_by_default_there_are_no_races_and_one_model(unblocks: int, failures: int) -> None:
    plain = race_rules(Settings.model_validate({"model": {"name": "only"}}))
    assert plain.width(unblocks, failures, 6) == 1
    assert plain.model(unblocks, failures) == "only"


def test_a_race_grows_no_more_once_one_of_it_is_certified() -> None:
    item = Item(1, "a", "proof", "open")
    jobs = (Job(1, "attempt", 1, None, 1, 9.0), Job(2, "review", 1, 7, 0, 9.0))
    checking = PullRequest(7, 1, "checking", HEAD, HEAD)
    certified = PullRequest(8, 1, "checking", HEAD, HEAD, certified=HEAD)
    state = CampaignState({("a", "proof"): item}, jobs, (checking,))
    assert count_racers(state) == {1: 2}
    state.put_request(certified)  # it is being checked again, since main has moved
    assert not count_racers(state)
    state.close_request(8)
    assert count_racers(state) == {1: 2}


def test_of_several_certified_ones_the_one_that_has_come_farthest_is_reviewed() -> None:
    first, second = PullRequest(1, 5, "reviewing", HEAD, HEAD), PullRequest(2, 5, "reviewing", HEAD, HEAD)
    other = PullRequest(3, 6, "reviewing", HEAD, HEAD)
    assert leaders([first, second, other], {}) == {5: 1, 6: 3}
    assert leaders([first, second], {2: {0}}) == {5: 2}
    read = PullRequest(2, 5, "reviewing", HEAD, HEAD, verdicts=(Verdict(0, "approve", "", HEAD),))
    assert leaders([first, read], {}) == {5: 2}
    assert leaders([first, PullRequest(2, 5, "approved", HEAD, HEAD)], {1: {0, 1}}) == {5: 2}
    assert leaders([PullRequest(4, 5, "checking", HEAD, HEAD)], {}) == {}


@given(
    st.lists(
        st.builds(PullRequest, st.integers(1, 99), st.integers(1, 4), st.just("approved"), st.just(HEAD), st.just(HEAD))
    )
)
def test_of_each_item_the_first_is_told_and_no_other(requests: list[PullRequest]) -> None:
    told = list(first_of_each(requests))
    assert [request.item for request in told] == list(dict.fromkeys(request.item for request in requests))
    assert all(request == next(each for each in requests if each.item == request.item) for request in told)
