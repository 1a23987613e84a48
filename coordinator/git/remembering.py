"""Answers about what never changes, such as commits: asked for once, and remembered for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Question = TypeVar("Question", bound="Hashable")
Answer = TypeVar("Answer")


class Remembered(Generic[Question, Answer]):
    """The answers that were wanted last. May be used by several threads.

    Args:
        most: how many answers.
        lasting: whether an answer holds for ever and is small enough to be kept.
    """

    def __init__(self, most: int, lasting: Callable[[Answer], bool]) -> None:
        self._most = most
        self._lasting = lasting
        self._lock = threading.Lock()
        self._answers: OrderedDict[Question, Answer] = OrderedDict()

    def ask(self, questions: Sequence[Question], answer: Callable[[list[Question]], Sequence[Answer]]) -> list[Answer]:
        """The answers, in order; `answer` is asked for those that are not remembered, all at once and each once."""
        with self._lock:
            known = self._recall(questions)
        new = [question for question in dict.fromkeys(questions) if question not in known]
        if new:
            known |= self._remember(dict(zip(new, answer(new), strict=True)))
        return [known[question] for question in questions]

    def _recall(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        known = {question: self._answers[question] for question in questions if question in self._answers}
        for question in known:
            self._answers.move_to_end(question)
        return known

    def _remember(self, found: dict[Question, Answer]) -> dict[Question, Answer]:
        with self._lock:
            self._answers |= {question: answer for question, answer in found.items() if self._lasting(answer)}
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return found
