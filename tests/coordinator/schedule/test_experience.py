"""What a campaign learns from its attempts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.experience import INHERITED, Amount, Chance, Experience, Lesson, Prior, Traits

TRAITS = st.builds(
    Traits,
    stage=st.sampled_from(["statement", "proof"]),
    kind=st.sampled_from(["lemma", "theorem", "definition"]),
    length=st.integers(0, 100_000),
    attempts=st.integers(0, 9),
    model=st.sampled_from(["small", "large"]),
)
LESSONS = st.builds(Lesson, traits=TRAITS, landed=st.booleans(), cost_usd=st.floats(0, 50), seconds=st.floats(0, 9000))
LEMMA = Traits("proof", "lemma", 500, 0, "small")


def taught(*lessons: Lesson) -> Experience:
    experience = Experience()
    for lesson in lessons:
        experience.learn(lesson)
    return experience


def test_before_the_first_attempt_ends_the_prior_is_all_that_is_known() -> None:
    prior = Prior(chance=0.25, cost_usd=3.0, seconds=60.0, weight=2.0)
    forecast = Experience(prior).expect(LEMMA)
    assert forecast.chance.mean == pytest.approx(0.25)
    assert forecast.cost_usd.mean == pytest.approx(3.0)
    assert forecast.seconds.mean == pytest.approx(60.0)


@given(st.lists(LESSONS, max_size=40), TRAITS)
def test_a_forecast_is_always_a_chance_and_two_amounts(lessons: list[Lesson], traits: Traits) -> None:
    forecast = taught(*lessons).expect(traits)
    assert 0 < forecast.chance.mean < 1
    assert 0 < forecast.chance.deviation < 0.5
    assert forecast.cost_usd.mean > 0
    assert forecast.seconds.mean > 0


@given(st.lists(LESSONS, max_size=30), TRAITS, TRAITS, st.booleans())
def test_a_success_never_lowers_any_chance_and_a_failure_never_raises_one(
    lessons: list[Lesson], where: Traits, asked: Traits, landed: bool
) -> None:
    before = taught(*lessons).expect(asked).chance.mean
    after = taught(*lessons, Lesson(where, landed, 1.0, 1.0)).expect(asked).chance.mean
    assert (after - before) * (1 if landed else -1) >= -1e-12


@given(st.lists(LESSONS, max_size=30), TRAITS, st.randoms(use_true_random=False))
def test_the_order_in_which_attempts_end_teaches_nothing(lessons: list[Lesson], traits: Traits, random: Random) -> None:
    shuffled = random.sample(lessons, len(lessons))
    one, other = taught(*lessons).expect(traits), taught(*shuffled).expect(traits)
    assert one.chance.mean == pytest.approx(other.chance.mean)
    assert one.cost_usd.mean == pytest.approx(other.cost_usd.mean, abs=1e-6)


@given(st.integers(0, 100), TRAITS)
def test_many_attempts_of_a_group_outweigh_what_it_inherits(landed: int, traits: Traits) -> None:
    lessons = [Lesson(traits, number < landed * 5, 2.0, 100.0) for number in range(500)]
    forecast = taught(*lessons).expect(traits)
    assert forecast.chance.mean == pytest.approx(landed / 100, abs=INHERITED / 500)
    assert forecast.cost_usd.mean == pytest.approx(2.0, rel=0.02)


def test_a_group_without_attempts_inherits_from_the_nearest_one_that_has_some() -> None:
    hard = [Lesson(LEMMA, False, 4.0, 900.0)] * 30
    easy = [Lesson(Traits("statement", "lemma", 500, 0, "small"), True, 0.5, 90.0)] * 30
    experience = taught(*hard, *easy)
    unseen_proof = Traits("proof", "theorem", 500, 0, "small")
    unseen_statement = Traits("statement", "theorem", 90_000, 0, "small")
    assert experience.expect(unseen_proof).chance.mean < 0.2
    assert experience.expect(unseen_statement).chance.mean > 0.8
    assert experience.expect(unseen_proof).cost_usd.mean > 3 * experience.expect(unseen_statement).cost_usd.mean


def test_an_item_that_failed_is_judged_by_items_that_failed_as_often() -> None:
    first = [Lesson(LEMMA, number % 5 != 0, 1.0, 60.0) for number in range(60)]
    fourth = [Lesson(Traits("proof", "lemma", 500, 3, "small"), number % 10 == 0, 1.0, 60.0) for number in range(40)]
    experience = taught(*first, *fourth)
    assert experience.expect(LEMMA).chance.mean > 0.7
    assert experience.expect(Traits("proof", "lemma", 500, 3, "small")).chance.mean < 0.25


def test_more_evidence_makes_a_chance_surer() -> None:
    few, many = taught(*[Lesson(LEMMA, True, 1, 1)] * 3), taught(*[Lesson(LEMMA, True, 1, 1)] * 90)
    assert many.expect(LEMMA).chance.deviation < few.expect(LEMMA).chance.deviation


@given(st.floats(0.5, 200), st.floats(0.5, 200), st.floats(-4, 4))
def test_what_is_not_known_for_sure_may_be_off_and_less_so_the_more_is_known(
    landed: float, missed: float, off: float
) -> None:
    few, many = Chance(landed, missed), Chance(landed * 9, missed * 9)
    assert 0 <= few.off_by(off) <= 1
    assert abs(many.off_by(off) - many.mean) <= abs(few.off_by(off) - few.mean) + 1e-12
    assert few.off_by(0.0) == pytest.approx(few.mean)


def test_an_amount_that_is_off_at_random_is_the_mean_on_average() -> None:
    random, amount = Random(7), Amount(9.0, 27.0)
    drawn = [amount.off_by(random.gauss()) for _ in range(4000)]
    assert sum(drawn) / len(drawn) == pytest.approx(3.0, abs=0.1)
