"""The order of items that could be attempted."""

from __future__ import annotations

import math
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.experience import Experience, Lesson, Traits
from coordinator.schedule.worth import Frontier, return_of

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9), st.floats(0, 4).map(lambda worth: round(worth, 1))),
        st.tuples(st.just("remove"), st.integers(0, 9), st.just(0.0)),
        st.tuples(st.just("pop"), st.just(0), st.just(0.0)),
        st.tuples(st.just("reorder"), st.integers(0, 99), st.just(0.0)),
    ),
    max_size=80,
)


@given(CHANGES)
def test_a_frontier_holds_what_a_sorted_list_would(changes: list[tuple[str, int, float]]) -> None:
    frontier, model = Frontier(), dict[int, float]()
    for what, item, worth in changes:
        best = min(model, key=lambda each: (-model[each], each), default=None)
        assert frontier.best() == best
        if what == "put":
            model[item] = worth
            frontier.put(item, worth, item)
        elif what == "remove":
            model.pop(item, None)
            frontier.remove(item)
        elif what == "reorder":
            model = {each: float((each + 1) * item % 7) for each in frontier.items}
            frontier.reorder(list(model.values()))
        else:
            assert frontier.pop_best() == best
            model.pop(best, None)  # type: ignore[arg-type]
        assert len(frontier) == len(model)
        assert list(frontier) == sorted(model, key=lambda each: (-model[each], each))


class Counted(float):
    """A number that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return isinstance(other, float) and float(self) == float(other)

    def __neg__(self) -> Counted:
        return Counted(-float(self))

    __hash__ = float.__hash__


def test_the_best_of_many_is_found_and_replaced_in_logarithmic_time() -> None:
    random, size = Random(5), 20_000
    frontier = Frontier()
    for item in range(size):
        frontier.put(item, Counted(random.random()), item)
    Counted.compared = 0
    for _ in range(500):
        best = frontier.pop_best()
        assert best is not None
        frontier.put(best, Counted(random.random()), item)
    assert Counted.compared < 500 * 6 * math.log2(size)


def test_moving_items_for_ever_does_not_make_a_frontier_grow() -> None:
    frontier = Frontier()
    for step in range(5000):
        frontier.put(step % 10, float(step), 0)
    assert len(frontier) == 10
    assert len(frontier._heap) < 200


def test_an_attempt_that_lands_twice_as_often_or_costs_half_returns_twice_as_much() -> None:
    traits = Traits("proof", "lemma", 100, 0, "m")
    often, seldom, dear = Experience(), Experience(), Experience()
    for number in range(2000):
        often.learn(Lesson(traits, number % 5 < 4, 1.0, 1.0))
        seldom.learn(Lesson(traits, number % 5 < 2, 1.0, 1.0))
        dear.learn(Lesson(traits, number % 5 < 4, 2.0, 1.0))
    returned = [return_of(each.expect(traits)) for each in (often, seldom, dear)]
    assert math.isclose(returned[0], 2 * returned[1], rel_tol=0.02)
    assert math.isclose(returned[0], 2 * returned[2], rel_tol=0.02)


def test_what_costs_nothing_has_a_finite_worth() -> None:
    experience = Experience()
    traits = Traits("proof", "lemma", 100, 0, "m")
    for _ in range(5000):
        experience.learn(Lesson(traits, True, 0.0, 0.0))
    assert return_of(experience.expect(traits)) < 10_000
