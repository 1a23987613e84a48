"""Suggestions: every sign in the book that one node uses another, before any is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.draft.glossary import Glossary, Titles
from blueprint.draft.mentions import MentionFinder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint.book import Blueprint
    from blueprint.draft.proposal import Part, Rule
    from blueprint.node import Node


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sign that a node uses another.

    Attributes:
        source: label of the prerequisite.
        target: label of the node that uses it.
        part: which part of it does.
        rule: what kind of sign it is.
        spelled: the words in question; empty where it is their absence.
        is_explicit: whether the source may stand behind the target in the book.
        what: what of the source is named, where it is not the whole.
    """

    source: str
    target: str
    part: Part
    rule: Rule
    spelled: str
    is_explicit: bool = True
    what: str = ""


class Suggestions:
    """Reads a book's nodes in their order and finds what each uses."""

    def __init__(self, book: Blueprint) -> None:
        self._finder = MentionFinder(book)
        self._glossary = Glossary(book)
        self._titles = Titles()
        self._before: list[Node] = []

    def of(self, node: Node) -> list[Candidate]:
        """Return what a node uses, each node once for its statement and once for its proof; call in book order."""
        found: dict[tuple[str, Part], Candidate] = {}
        for candidate in self._all(node):
            found.setdefault((candidate.source, candidate.part), candidate)
        self._before.append(node)
        self._glossary.read(node)
        self._titles.read(node)
        return list(found.values())

    def _all(self, node: Node) -> Iterator[Candidate]:
        for mention in self._finder.find(f"{node.title}\n{node.tex}", self._before):
            yield Candidate(
                mention.source,
                node.label,
                "statement",
                mention.rule,
                mention.spelled,
                mention.is_explicit,
                mention.what,
            )
        text = f"{node.title}\n\0\n{node.tex}"
        for label, words in self._glossary.uses(text):
            yield Candidate(label, node.label, "statement", "term", words, is_explicit=False)
        for label, symbol in self._glossary.symbols(node.tex):
            yield Candidate(label, node.label, "statement", "notation", symbol, is_explicit=False)
        if node.proof is None:
            return
        for mention in self._finder.find(node.proof.tex, self._before):
            yield Candidate(
                mention.source, node.label, "proof", mention.rule, mention.spelled, mention.is_explicit, mention.what
            )
        for label, words in self._titles.uses(node.proof.tex):
            yield Candidate(label, node.label, "proof", "title", words, is_explicit=False)
