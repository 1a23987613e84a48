"""What the writers ask of a book beside the text they write, and a record of what each text asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from blueprint.prose.addresses import safe_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from blueprint.book import Blueprint

Question = tuple[str, str]
"""What is asked, such as ``number``, and of which label, key or file."""


class Facts:
    """Answers of one book. All of them pass through here, so that a rendering knows what it rests on.

    An answer is a text; the empty one where the book has nothing to say.
    """

    def __init__(
        self, blueprint: Blueprint, link: Callable[[str], str], cite: Callable[[str], str] | None = None
    ) -> None:
        self._blueprint = blueprint
        self._places = {chapter.label for chapter in blueprint.chapters if chapter.label}
        self._link = link
        self._answers: dict[Question, str] = {}
        self._asked: dict[Question, str] = {}
        self._askers: dict[str, Callable[[str], str]] = {
            "number": lambda label: blueprint.references.get(label, ""),
            "word": lambda label: blueprint.words.get(label, ""),
            "node": lambda label: blueprint.aliases.get(label, ""),
            "name": self._name,
            "address": self._address,
            "mark": self._mark,
            "source": lambda key: safe_address(cite(key) or "") if cite else "",
            "picture": lambda name: blueprint.pictures.get(name, ""),
        }

    def ask(self, what: str, of: str) -> str:
        """Return an answer, and note that it was asked for.

        Args:
            what: of a label: the ``number`` it prints and the ``word`` before it, the ``node`` it names, the ``name``
                of that node, the ``address`` that references lead to. Of an entry of the bibliography: its ``mark``
                (behind a ``=``, which tells an empty mark from no entry) and its ``source``, where citations lead.
                The path of a ``picture``.
            of: the label, the key or the file as written.
        """
        question = (what, of)
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = self._askers[what](of)
        self._asked[question] = answer
        return answer

    def ask_again(self, questions: Iterable[Question]) -> None:
        """Note questions of a text whose writing was kept."""
        for what, of in questions:
            self.ask(what, of)

    def hold(self, answers: Iterable[tuple[Question, str]]) -> bool:
        """Whether the book still answers as it once did."""
        return all(self.ask(*question) == answer for question, answer in answers)

    @contextmanager
    def recorded(self) -> Iterator[dict[Question, str]]:
        """Give a record of what is asked meanwhile, with the answers; outer records have it too."""
        outer, self._asked = self._asked, {}
        try:
            yield self._asked
        finally:
            outer.update(self._asked)
            self._asked = outer

    def _name(self, label: str) -> str:
        node = self._blueprint.by_label.get(self._blueprint.aliases.get(label, ""))
        return node.name if node else ""

    def _address(self, label: str) -> str:
        """Return where a reference to a label leads: to a node, the node an equation stands in, or a chapter."""
        target = self._blueprint.aliases.get(label) or self._blueprint.containers.get(label)
        if target is None:
            target = label if label in self._places else ""
        return safe_address(self._link(target) or "") if target else ""

    def _mark(self, key: str) -> str:
        entry = self._blueprint.bibliography.get(key)
        return f"={entry.mark}" if entry else ""
