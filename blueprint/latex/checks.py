"""Checks that need the whole book: labels that name nothing, names given twice, statements without a label."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from blueprint.latex.attachment import describe
from blueprint.latex.braces import check_braces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint.latex.drafts import Mention, StatementDraft
    from blueprint.latex.state import Book

_MOST_SUGGESTIONS = 40
"""Unresolved labels for which a similar one is looked for: the search is slow in a large book."""

_MOST_CANDIDATES = 20_000


def check_book(book: Book) -> None:
    """Report what is wrong with the labels and names of a book that is read to its end."""
    nodes = [statement for statement in book.statements if statement.is_node]
    _check_labels(book, nodes)
    _check_lean_names(book, nodes)
    _Uses(book, nodes).check()
    check_braces(book)
    if not nodes:
        message = "The book has no statement: no " + ", ".join(sorted(book.theorems.nodes)) + " environment was found."
        book.report(book.source.place(0), "BP171", "warning", message)


def _check_labels(book: Book, nodes: list[StatementDraft]) -> None:
    for name, place in book.labels.repeated:
        first = book.labels.targets[name].place
        message = f"The label “{name}” is given twice, first at {first}; rename one of them."
        book.report(place, "BP121", "error", message)
    for node in nodes:
        if not node.labels:
            message = f"This {node.kind} has no \\label, so that nothing can use it; give it one."
            book.report(node.place, "BP122", "warning", message)
        elif len(node.labels) > 1:
            names = ", ".join(f"“{name}”" for name in node.labels)
            message = f"This {node.kind} has several labels ({names}); the last one names the node."
            book.report(node.place, "BP123", "info", message)


def _check_lean_names(book: Book, nodes: list[StatementDraft]) -> None:
    first: dict[str, StatementDraft] = {}
    for node in nodes:
        for mention in node.lean:
            other = first.setdefault(mention.name, node)
            if other is not node:
                message = f"The Lean name {mention.name} is given to “{other.identity}” ({other.place}) already"
                book.report(mention.place, "BP141", "warning", f"{message}; one declaration proves one node.")


class _Uses:
    r"""Checks what every ``\uses`` names."""

    def __init__(self, book: Book, nodes: list[StatementDraft]) -> None:
        self.book = book
        self.nodes = nodes
        self._by_lean: dict[str, StatementDraft] = {}
        self._suggested = 0

    def check(self) -> None:
        self._by_lean = {mention.name: node for node in self.nodes for mention in node.lean}
        for node in self.nodes:
            for mention in _mentions(node):
                self._check_mention(node, mention)

    def _check_mention(self, node: StatementDraft, mention: Mention) -> None:
        target = self.book.labels.targets.get(mention.name)
        if target is None:
            message = f"\\uses names “{mention.name}”, which is no label of the book{self._suggest(mention.name)}"
            self.book.report(mention.place, "BP131", "error", message)
        elif target.kind != "node":
            inside = target.statement if target.statement and target.statement.is_node else None
            advice = f"name “{inside.identity}”, which it belongs to" if inside else "name a statement"
            message = f"\\uses names “{mention.name}”, {describe(target.kind)}: no edge comes of it; {advice}."
            self.book.report(mention.place, "BP132", "warning", message)
        elif target.statement is node and mention in node.uses:
            message = f"The statement “{node.identity}” uses itself; take that out."
            self.book.report(mention.place, "BP135", "warning", message)

    def _suggest(self, name: str) -> str:
        node = self._by_lean.get(name)
        if node is not None:
            return f", but the Lean name of “{node.identity}”; use the label."
        labels = self.book.labels.targets
        self._suggested += 1
        if self._suggested > _MOST_SUGGESTIONS or len(labels) > _MOST_CANDIDATES:
            return "."
        near = get_close_matches(name, labels, n=1, cutoff=0.75)
        return f"; did you mean “{near[0]}”?" if near else "; mend it, or label the statement meant."


def _mentions(node: StatementDraft) -> Iterator[Mention]:
    yield from node.uses
    for proof in node.proofs:
        yield from proof.uses
