"""Fair shares between chapters, and exploration."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.shares import EQUAL, Exploration, Shares

VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 1e6), min_size=1)


def served(shares: Shares, turns: int) -> list[str]:
    order = []
    for _ in range(turns):
        chapter = shares.turn()
        assert chapter is not None
        shares.charge(chapter, 1.0)
        order.append(chapter)
    return order


def ready(values: dict[str, float]) -> Shares:
    shares = Shares()
    for chapter, value in values.items():
        shares.set_value(chapter, value)
    return shares


@given(VALUES)
def test_all_shares_make_one_and_none_is_below_its_equal_part(values: dict[str, float]) -> None:
    shares = ready(values)
    parts = [shares.share(chapter) for chapter in values]
    assert sum(parts) == pytest.approx(1.0)
    assert min(parts) >= EQUAL / len(values)


@given(VALUES)
def test_no_chapter_with_ready_work_waits_longer_than_three_rounds(values: dict[str, float]) -> None:
    shares = ready(values)
    order = served(shares, 12 * len(values))
    for chapter in values:
        turns = [-1, *(turn for turn, each in enumerate(order) if each == chapter), len(order)]
        waits = [later - earlier for earlier, later in pairwise(turns)]
        assert max(waits) <= 3 * len(values) + 1


@given(VALUES, st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0.01, 1e6)), max_size=200))
def test_none_starves_while_the_others_change_in_value_at_every_turn(
    values: dict[str, float], changes: list[tuple[str, float]]
) -> None:
    shares = ready({**values, "poor": 0.01})
    waited = 0
    for chapter, value in changes:
        shares.set_value(chapter, value)
        waited = 0 if served(shares, 1) == ["poor"] else waited + 1
        assert waited <= 9 * (9 + 2)


def test_over_time_each_chapter_gets_its_share() -> None:
    shares = ready({"rich": 6.0, "middling": 3.0, "poor": 1.0})
    counts = Counter(served(shares, 600))
    for chapter in ("rich", "middling", "poor"):
        assert counts[chapter] == pytest.approx(600 * shares.share(chapter), abs=3)


def test_dear_work_counts_for_more_than_cheap_work() -> None:
    shares = ready({"dear": 1.0, "cheap": 1.0})
    spent = Counter[str]()
    for _ in range(300):
        chapter = shares.turn()
        assert chapter is not None
        cost = 4.0 if chapter == "dear" else 1.0
        shares.charge(chapter, cost)
        spent[chapter] += int(cost)
    assert abs(spent["dear"] - spent["cheap"]) <= 8


def test_a_chapter_that_had_nothing_to_do_saves_nothing_up() -> None:
    shares = ready({"busy": 1.0, "idle": 1.0})
    shares.set_value("idle", 0.0)
    assert set(served(shares, 50)) == {"busy"}
    shares.set_value("idle", 1.0)
    assert 8 <= served(shares, 20).count("idle") <= 12


def test_a_chapter_cannot_shed_what_it_was_sent_by_being_idle_for_a_moment() -> None:
    shares = ready({"a": 1.0, "b": 1.0})
    order = []
    for _ in range(40):
        order += served(shares, 1)
        shares.set_value("a", 0.0)
        shares.set_value("a", 1.0)
    assert 15 <= order.count("a") <= 25


def test_with_nothing_ready_nobody_has_a_turn() -> None:
    shares = ready({"a": 1.0})
    shares.set_value("a", 0.0)
    assert shares.turn() is None
    assert shares.share("a") == 0.0


@given(st.floats(0, 1), st.integers(1, 500))
def test_exploration_is_its_part_of_all_attempts_however_many_there_are(part: float, attempts: int) -> None:
    exploration = Exploration(part)
    explored = sum(exploration.is_due() for _ in range(attempts))
    assert abs(explored - part * attempts) <= 1.01
