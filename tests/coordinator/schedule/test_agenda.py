"""Which item is attempted next."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from coordinator.schedule.agenda import Agenda, Candidate
from coordinator.schedule.experience import Experience, Lesson, Traits

FRESH = Traits("proof", "lemma", 500, 0, "m")


def candidate(item: int, chapter: str = "1", unblocks: int = 0, attempts: int = 0, boost: float = 1.0) -> Candidate:
    return Candidate(item, item, chapter, unblocks, FRESH._replace(attempts=attempts), boost)


def taken(agenda: Agenda, most: int = 1000) -> list[int]:
    """Sends one after another, as decisions would that have one free slot each."""
    order: list[int] = []
    while len(order) < most and (each := next(agenda.upcoming(), None)):
        agenda.note_sent(each)
        agenda.remove(each.item)
        order.append(each.item)
    return order


def agenda_of(*candidates: Candidate, experience: Experience | None = None, explore: float = 0.0) -> Agenda:
    agenda = Agenda(experience or Experience(), explore)
    for each in candidates:
        agenda.put(each)
    return agenda


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(0, 30),
        st.sampled_from("123"),
        st.integers(0, 50),
        st.integers(0, 5),
        st.sampled_from([0.0, 1.0, 10.0]),
    ),
    unique_by=lambda each: each.item,
)


@given(CANDIDATES, st.sets(st.integers(0, 30)), st.floats(0, 1))
def test_every_item_is_taken_once_but_those_removed(
    candidates: list[Candidate], removed: set[int], explore: float
) -> None:
    agenda = agenda_of(*candidates, explore=explore)
    for item in removed:
        agenda.remove(item)
    assert sorted(taken(agenda)) == sorted({each.item for each in candidates} - removed)
    assert len(agenda) == 0


@given(CANDIDATES, st.floats(0, 1), st.integers(0, 40))
def test_what_is_upcoming_is_what_is_sent_and_looking_changes_nothing(
    candidates: list[Candidate], explore: float, most: int
) -> None:
    agenda = agenda_of(*candidates, explore=explore)
    upcoming = [each.item for each in islice(agenda.upcoming(), most)]
    assert [each.item for each in islice(agenda.upcoming(), most)] == upcoming
    assert sorted(each.item for each in agenda.upcoming()) == sorted(each.item for each in candidates)
    agenda = agenda_of(*[each._replace(chapter="1") for each in candidates], explore=explore)
    upcoming = [each.item for each in islice(agenda.upcoming(), most)]
    assert taken(agenda, most) == upcoming


@given(CANDIDATES)
def test_filled_at_once_it_is_as_if_filled_one_by_one(candidates: list[Candidate]) -> None:
    assert taken(Agenda(Experience(), 0.1, candidates)) == taken(agenda_of(*candidates, explore=0.1))


@given(CANDIDATES, st.sets(st.sampled_from("123")), st.floats(0, 1))
def test_nothing_of_a_closed_chapter_is_upcoming_and_all_of_the_others_is(
    candidates: list[Candidate], closed: set[str], explore: float
) -> None:
    upcoming = list(agenda_of(*candidates, explore=explore).upcoming(closed.__contains__))
    assert sorted(upcoming) == sorted(each for each in candidates if each.chapter not in closed)


@given(CANDIDATES, st.floats(0, 1))
def test_the_order_is_the_same_each_time(candidates: list[Candidate], explore: float) -> None:
    assert taken(agenda_of(*candidates, explore=explore)) == taken(agenda_of(*candidates, explore=explore))


def test_what_unblocks_most_goes_first_and_the_books_order_decides_between_equals() -> None:
    assert taken(agenda_of(candidate(1), candidate(2), candidate(3, unblocks=4))) == [3, 1, 2]


def test_a_persons_boost_puts_an_item_before_what_unblocks_more() -> None:
    assert taken(agenda_of(candidate(1, unblocks=5), candidate(2, boost=10.0))) == [2, 1]


def test_what_was_learnt_changes_the_order() -> None:
    experience = Experience()
    hopeless, fresh = candidate(1, unblocks=2, attempts=3), candidate(2, unblocks=1)
    agenda = agenda_of(hopeless, fresh, experience=experience)
    for _ in range(40):
        experience.learn(Lesson(hopeless.traits, False, 5.0, 100.0))
        experience.learn(Lesson(fresh.traits, True, 1.0, 100.0))
    assert taken(agenda) == [2, 1]


def test_a_chapter_with_little_to_gain_has_its_turn_among_large_ones() -> None:
    large = [candidate(number, chapter="large", unblocks=500) for number in range(100)]
    small = [candidate(number, chapter="small") for number in range(100, 104)]
    order = taken(agenda_of(*large, *small))
    assert max(order.index(each.item) for each in small) < 20


def test_exploration_takes_up_what_was_tried_least() -> None:
    promising = [candidate(number, unblocks=90, attempts=1) for number in range(50)]
    untried = [candidate(number) for number in range(50, 55)]
    explored = taken(agenda_of(*promising, *untried, explore=0.2), 25)
    assert [item for item in explored if item >= 50] == [50, 51, 52, 53, 54]
    assert not [item for item in taken(agenda_of(*promising, *untried), 25) if item >= 50]


def test_an_item_said_anew_is_there_once_with_what_was_said_last() -> None:
    agenda = agenda_of(candidate(1), candidate(2), candidate(1, unblocks=5), candidate(2, chapter="2"))
    assert len(agenda) == 2
    assert taken(agenda) == [1, 2]


@given(CANDIDATES, st.integers(0, 10))
def test_a_reordered_agenda_is_the_one_that_would_be_made_anew(candidates: list[Candidate], lessons: int) -> None:
    experience = Experience()
    candidates = [each._replace(chapter="1") for each in candidates]
    agenda = agenda_of(*candidates, experience=experience)
    for number in range(lessons):
        experience.learn(Lesson(FRESH._replace(attempts=number % 3), number % 2 == 0, float(number), 1.0))
    agenda.reorder()
    assert taken(agenda) == taken(agenda_of(*candidates, experience=experience))
