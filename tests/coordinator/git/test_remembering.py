from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coordinator.git.remembering import Remembered

QUESTIONS = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12)


@given(QUESTIONS, st.integers(1, 5))
def test_answers_are_those_that_were_given_and_no_more_are_kept_than_may_be(lots: list[list[int]], most: int) -> None:
    remembered: Remembered[int, str] = Remembered(most, lambda answer: answer != "0")
    kept: list[int] = []

    def answer(questions: list[int]) -> list[str]:
        assert not set(questions) & set(kept), "asked again for what was remembered"
        assert len(set(questions)) == len(questions)
        return [str(question) for question in questions]

    for lot in lots:
        assert remembered.ask(lot, answer) == [str(question) for question in lot]
        recent = [question for question in dict.fromkeys(lot) if question in kept]
        new = [question for question in dict.fromkeys(lot) if question not in kept and question]
        kept = [*(question for question in kept if question not in recent), *recent, *new][-most:]
