"""Races between attempts at one item."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.racing import Placing, Racer, RaceRules, judge

RULES = RaceRules(max_width=4, blocks_many=10, after_failures=2, tiers=("small", "middling", "large"))
RACERS = st.lists(
    st.builds(Racer, st.integers(1, 99), st.none() | st.integers(1, 99), st.booleans()).map(
        lambda racer: replace(racer, certified=racer.certified and racer.request is not None)
    ),
    max_size=6,
    unique_by=(lambda racer: racer.job, lambda racer: racer.request or -racer.job),
)


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
def test_without_races_and_tiers_nothing_changes(unblocks: int, failures: int) -> None:
    plain = RaceRules(tiers=("only",))
    assert plain.width(unblocks, failures, 6) == 1
    assert plain.model(unblocks, failures) == "only"


def test_the_first_certified_result_wins_and_the_others_are_stopped() -> None:
    racers = [Racer(1, request=5), Racer(2), Racer(3, request=7, certified=True), Racer(4)]
    assert judge(racers) == Placing(winner=7, revoke=(2, 4), withdraw=(5,))


def test_while_none_is_certified_all_go_on() -> None:
    assert judge([Racer(1, request=5), Racer(2)]) == Placing()


@given(RACERS)
def test_one_wins_all_others_lose_and_asking_again_says_the_same(racers: list[Racer]) -> None:
    placing = judge(racers)
    assert judge(racers[::-1]) == placing
    if placing.winner is None:
        assert not any(racer.certified for racer in racers)
        return
    assert len(placing.revoke) + len(placing.withdraw) == len(racers) - 1
    left = [racer for racer in racers if racer.job not in placing.revoke and racer.request not in placing.withdraw]
    assert judge(left) == Placing(winner=placing.winner)
