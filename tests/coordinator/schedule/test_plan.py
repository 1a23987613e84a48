"""Plans of what is left of a campaign."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.schedule.experience import Experience, Lesson, Prior, Traits
from coordinator.schedule.plan import Estimate, Interval, Means, Task, estimate
from coordinator.schedule.racing import RaceRules

TRAITS = Traits("proof", "lemma", 400, 0, "m")


def lone(number: int) -> list[Task]:
    return [Task(item, (), TRAITS) for item in range(number)]


def chain(number: int) -> list[Task]:
    return [Task(item, (item - 1,) if item else (), TRAITS) for item in range(number)]


def sure(chance: float) -> Experience:
    experience = Experience(Prior(chance, 1.0, 100.0, weight=5.0))
    for failures in range(6):
        traits = Traits("proof", "lemma", 400, failures, "m")
        for number in range(2000):
            experience.learn(Lesson(traits, number % 10 < chance * 10, 1.0, 100.0))
    return experience


@pytest.mark.parametrize("chance", [0.5, 0.8])
def test_the_middle_is_what_the_chances_say(chance: float) -> None:
    plan = estimate(lone(60), sure(chance), Means(slots=4, max_attempts=50))
    assert plan.attempts.middle == pytest.approx(60 / chance, rel=0.1)
    assert plan.cost_usd.middle == pytest.approx(60 / chance, rel=0.1)
    assert plan.seconds.middle == pytest.approx(60 / chance * 100 / 4, rel=0.25)
    assert plan.unlanded == Interval(0, 0, 0)


def test_a_chain_takes_as_long_as_its_links_however_many_agents_there_are() -> None:
    experience = sure(0.8)
    few, many = (estimate(chain(30), experience, Means(slots, 50)) for slots in (2, 64))
    assert few.seconds.middle == pytest.approx(many.seconds.middle, rel=0.15)
    wide = estimate(lone(30), experience, Means(64, 50))
    assert wide.seconds.middle < many.seconds.middle / 3


def test_the_less_is_known_the_wider_is_the_interval() -> None:
    guess = estimate(lone(60), Experience(Prior(0.5, 1.0, 100.0)), Means(4, 6)).cost_usd
    known_well = estimate(lone(60), sure(0.5), Means(4, 6)).cost_usd
    assert guess.high - guess.low > 2 * (known_well.high - known_well.low)


def test_the_same_state_gives_the_same_plan_and_another_seed_a_similar_one() -> None:
    experience = sure(0.5)
    assert estimate(chain(20), experience, Means(4, 6)) == estimate(chain(20), experience, Means(4, 6))
    other = estimate(chain(20), experience, Means(4, 6), seed=1)
    assert other.cost_usd.middle == pytest.approx(estimate(chain(20), experience, Means(4, 6)).cost_usd.middle, rel=0.3)


def test_what_can_never_be_attempted_is_left_over_and_costs_nothing() -> None:
    blocked = [*lone(3), Task(7, (99,), TRAITS), Task(8, (7,), TRAITS)]
    plan = estimate(blocked, sure(0.8), Means(2, 50))
    assert plan.unlanded == Interval(2, 2, 2)


def test_items_that_never_land_cost_their_attempts_and_no_more() -> None:
    plan = estimate(lone(5), sure(0.0), Means(2, 4))
    assert plan.attempts.high <= 20
    assert plan.unlanded.middle == 5


def test_nothing_left_costs_nothing() -> None:
    plan = estimate([], Experience(), Means(4, 6))
    assert plan.cost_usd == plan.seconds == Interval(0, 0, 0)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 12)), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_every_play_ends_and_keeps_its_bounds(uses: list[set[int]], slots: int, attempts: int) -> None:
    tasks = [Task(item, tuple(sorted(needs)), TRAITS) for item, needs in enumerate(uses)]
    plan = estimate(tasks, Experience(), Means(slots, attempts))
    for interval in (plan.cost_usd, plan.seconds, plan.attempts, plan.unlanded):
        assert 0 <= interval.low <= interval.middle <= interval.high
    assert plan.attempts.high <= len(tasks) * attempts
    assert plan.unlanded.high <= len(tasks)


@pytest.mark.parametrize("seed", range(3))
def test_what_happens_mostly_lies_within_the_plan(seed: int) -> None:
    """Campaigns whose true chances the plan does not know, but for a few attempts at their beginning."""
    random = Random(seed)
    chance, cost = random.uniform(0.3, 0.8), random.uniform(0.2, 3.0)
    experience = Experience(Prior(0.4, 1.0, 300.0))
    for _ in range(60):
        experience.learn(Lesson(TRAITS, random.random() < chance, random.expovariate(1 / cost), 100.0))
    plan = estimate(lone(100), experience, Means(8, 50))
    happened = sum(random.expovariate(1 / cost) for _ in range(round(100 / chance)))
    assert plan.cost_usd.low * 0.6 <= happened <= plan.cost_usd.high * 1.6


def racing(tasks: list[Task], experience: Experience, width: int, slots: int, **rules: object) -> Estimate:
    return estimate(tasks, experience, Means(slots, 50, RaceRules(width, blocks_many=5, **rules)))  # type: ignore[arg-type]


def holding_up(number: int) -> list[Task]:
    """A chain: each link holds up all that come after it."""
    return [replace(task, unblocks=number - task.item) for task in chain(number)]


def test_a_race_is_faster_and_dearer_for_the_others_are_paid_for_what_they_used() -> None:
    alone, raced = (racing(holding_up(40), sure(0.5), width, slots=16) for width in (1, 4))
    assert raced.seconds.middle < 0.8 * alone.seconds.middle
    assert alone.cost_usd.middle < raced.cost_usd.middle < 4 * alone.cost_usd.middle
    assert raced.attempts.middle > alone.attempts.middle
    assert raced.unlanded == alone.unlanded == Interval(0, 0, 0)


def test_races_take_only_slots_that_nothing_else_needs() -> None:
    busy = [replace(task, unblocks=20) for task in lone(60)]
    alone, raced = (racing(busy, sure(0.8), width, slots=2) for width in (1, 4))
    assert raced.cost_usd.middle == pytest.approx(alone.cost_usd.middle, rel=0.15)


def test_what_failed_or_holds_up_many_is_planned_with_the_model_of_its_tier() -> None:
    experience = Experience(Prior(0.5, 1.0, 100.0))
    for number in range(3000):
        experience.learn(Lesson(TRAITS._replace(model="weak", attempts=number % 5), False, 1.0, 100.0))
        experience.learn(Lesson(TRAITS._replace(model="strong", attempts=number % 5), True, 9.0, 100.0))
    hard = [replace(task, traits=TRAITS._replace(model="weak")) for task in lone(20)]
    plan = racing(hard, experience, 1, slots=4, after_failures=1, tiers=("weak", "strong"))
    assert plan.attempts.middle == pytest.approx(40, rel=0.1)
    assert plan.cost_usd.middle == pytest.approx(20 * (1 + 9), rel=0.2)
    pinned = [replace(task, pinned=True) for task in hard]
    assert racing(pinned, experience, 1, slots=4, after_failures=1, tiers=("weak", "strong")).unlanded.low > 10


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sets(st.integers(0, 9)), st.integers(0, 40)), min_size=1, max_size=10),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_however_wide_races_are_no_item_is_attempted_more_often_than_it_may_be(
    items: list[tuple[set[int], int]], slots: int, attempts: int, width: int
) -> None:
    tasks = [Task(item, tuple(sorted(needs)), TRAITS, unblocks) for item, (needs, unblocks) in enumerate(items)]
    plan = estimate(tasks, Experience(), Means(slots, attempts, RaceRules(width, blocks_many=5, after_failures=1)))
    assert plan.attempts.high <= len(tasks) * attempts
    assert 0 <= plan.cost_usd.low <= plan.cost_usd.high
    assert plan.unlanded.high <= len(tasks)
