"""The draft of a book: what it suggests that its author has not said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.draft.candidates import Candidate, Suggestions
from blueprint.draft.circles import CircleGuard
from blueprint.draft.locating import Locator
from blueprint.draft.naming import LabelMaker, LeanNamer, is_nameable
from blueprint.draft.proposal import Draft, NodeDraft, ProposedEdge, ProposedName
from blueprint.kinds import COROLLARY_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.book import Blueprint
    from blueprint.draft.proposal import Part
    from blueprint.node import Node, Place


_MOST_BETWEEN = 20
"""Statements between a corollary and the theorem that it may still belong to."""


def draft(book: Blueprint, texts: Mapping[str, str] | None = None) -> Draft:
    r"""Propose what a book does not say: labels, Lean names, and what statements and proofs use.

    A statement or proof with a ``\uses`` of its own is left as its author wants it; so are labels and Lean names
    that are there. A statement whose file is read more than once in the book gets no proposals.

    Args:
        book: the book.
        texts: what its files say, by name; with them a reason tells the line of a reference, without them that of
            the statement or proof it stands in.
    """
    return _Drafting(book, texts or {}).run()


class _Drafting:
    """One run over one book."""

    def __init__(self, book: Blueprint, texts: Mapping[str, str]) -> None:
        self.book = book
        self.locator = Locator(texts)
        self.position = {node.label: index for index, node in enumerate(book.nodes)}
        places = Counter(place for node in book.nodes for place in _places(node))
        self.repeated = {node.label for node in book.nodes if any(places[place] > 1 for place in _places(node))}
        self.names: dict[str, str] = {}
        self.guard = CircleGuard(self.position)

    def run(self) -> Draft:
        nodes = [self._named(node) for node in self.book.nodes]
        chosen = self._choose()
        drafts = []
        for node, named in zip(self.book.nodes, nodes, strict=True):
            edges = [self._edge(node, candidate) for candidate in chosen.get(node.label, ())]
            drafts.append(
                replace(
                    named,
                    statement_uses=tuple(edge for edge in edges if edge.part == "statement"),
                    proof_uses=tuple(edge for edge in edges if edge.part == "proof"),
                )
            )
        return Draft(tuple(drafts), tuple(sorted({node.kind for node in self.book.nodes})))

    # ---- names

    def _named(self, node: Node) -> NodeDraft:
        if not self.names:
            book = self.book
            taken = {*book.aliases, *book.references, *book.containers, *book.words, *self.locator.labels}
            taken |= {chapter.label for chapter in book.chapters}
            self._labels, self._lean = LabelMaker(taken), LeanNamer(book)
        label = lean = None
        own = [each for each in node.labels if self.book.aliases.get(each) == node.label and is_nameable(each)]
        name = own[-1] if own else ""
        if not own and node.label not in self.repeated:
            name, origin = self._labels.make(node)
            label = ProposedName(name, node.place, f"The statement has no label; this one is made of {origin}.")
        self.names[node.label] = name
        if not node.lean and node.label not in self.repeated:
            made, origin = self._lean.make(node, name)
            lean = ProposedName(made, node.place, f"The statement has no Lean name; this one is made of {origin}.")
        proof = node.proof.place if node.proof else None
        return NodeDraft(name or node.label, node.name, node.place, proof, label, lean)

    # ---- dependencies

    def _choose(self) -> dict[str, list[Candidate]]:
        """Choose among what the book suggests, so that no circle comes of it."""
        aliases = self.book.aliases
        for node in self.book.nodes:
            for use in (*node.uses, *(node.proof.uses if node.proof else ())):
                if use in aliases:
                    self.guard.add(aliases[use], node.label)
        suggestions = Suggestions(self.book)
        chosen: dict[str, list[Candidate]] = {}
        forward: list[Candidate] = []
        for node in self.book.nodes:
            found = [each for each in suggestions.of(node) if self._is_open(node, each)]
            found += self._from_order(node, found)
            for candidate in found:
                if self.position[candidate.source] > self.position[node.label]:
                    forward.append(candidate)
                elif self.guard.allows(candidate.source, node.label):
                    self.guard.add(candidate.source, node.label)
                    chosen.setdefault(node.label, []).append(candidate)
        for candidate in forward:
            if candidate.is_explicit and self.guard.allows(candidate.source, candidate.target):
                self.guard.add(candidate.source, candidate.target)
                chosen.setdefault(candidate.target, []).append(candidate)
        return chosen

    def _is_open(self, node: Node, candidate: Candidate) -> bool:
        """Whether the author leaves a suggestion to be made."""
        if node.label in self.repeated or candidate.source == node.label or not self.names[candidate.source]:
            return False
        if candidate.part == "statement":
            return not node.uses
        return node.proof is not None and not node.proof.uses

    def _from_order(self, node: Node, found: list[Candidate]) -> list[Candidate]:
        """A corollary that names nothing rests on the statement before it."""
        is_corollary = node.heading.lower() in COROLLARY_WORDS
        if not is_corollary or found or node.uses or (node.proof and node.proof.uses):
            return []
        here = self.position[node.label]
        for before in reversed(self.book.nodes[max(0, here - _MOST_BETWEEN) : here]):
            if before.chapter != node.chapter:
                break
            if not before.is_definition and before.heading.lower() not in COROLLARY_WORDS:
                part: Part = "proof" if node.proof else "statement"
                candidate = Candidate(before.label, node.label, part, "order", "", is_explicit=False)
                return [candidate] if self._is_open(node, candidate) else []
        return []

    def _edge(self, node: Node, candidate: Candidate) -> ProposedEdge:
        source = self.book.by_label[candidate.source]
        start = node.proof.place if candidate.part == "proof" and node.proof else node.place
        place = self.locator.find(start, candidate.spelled) if candidate.spelled else start
        reason = _sentence(node, source, candidate, place)
        names = self.names
        return ProposedEdge(names[source.label], names[node.label], candidate.part, candidate.rule, reason, place)


def _sentence(node: Node, source: Node, candidate: Candidate, place: Place) -> str:
    where = f"{place.file}:{place.line}"
    of = f"{candidate.what} " if candidate.what else ""
    if candidate.rule == "order" and not candidate.spelled:
        return f"The {node.heading.lower()} names nothing it rests on and stands behind {source.name} ({where})."
    says = f"The {candidate.part} says “{candidate.spelled}” ({where})"
    if candidate.rule == "term":
        return f"{says}, which {source.name} defines."
    if candidate.rule == "notation":
        return f"The {candidate.part} writes “{candidate.spelled}” ({where}), which {source.name} introduces."
    return f"{says}, which is {of}{source.name}."


def _places(node: Node) -> tuple[Place, ...]:
    return (node.place, node.proof.place) if node.proof else (node.place,)
