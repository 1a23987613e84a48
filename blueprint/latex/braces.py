r"""Braces that have no partner: TeX ends at them, however well the rest is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blueprint.latex.drafts import ProofDraft, StatementDraft
    from blueprint.latex.state import Book

_LITERAL = re.compile(
    r"\\(?:verb|lstinline|mintinline|string|char|catcode|let|iffalse)(?![A-Za-z])|\{(?:verbatim|lstl|minted)|[`']\\?[{}]"
)
"""What takes a brace for a character; a text with any of it is not judged."""

_BRACE = re.compile(r"\\.|(?<!\\)%[^\n]*|([{}])", re.DOTALL)
"""A brace, or what hides one."""

_OPEN_ARGUMENT = re.compile(r"\\(?:label|lean|uses|proves|discussion|alsoIn|title|tag|input|include)\s*\{")
"""The start of a mark that is still in the text, for its own brace is not closed: reported already."""


def check_braces(book: Book) -> None:
    """Report statements and proofs whose braces do not match; of each the first brace too many, or that one is open."""
    for statement in book.statements:
        if statement.is_node:
            _check(book, statement, statement.kind)
    for proof in book.proofs:
        _check(book, proof, "proof")


def _check(book: Book, draft: StatementDraft | ProofDraft, kind: str) -> None:
    text = draft.tex
    # Counting is quick, and settles nearly every text; only what it leaves is looked at closely.
    if text.count("{") == text.count("}") or _LITERAL.search(text) or _OPEN_ARGUMENT.search(text):
        return
    depth = 0
    for brace in _BRACE.findall(text):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            _report(book, draft, f"A brace is closed in this {kind} that was not opened; take the }} out.")
            return
    if depth:
        _report(book, draft, f"A brace is opened in this {kind} and not closed; add the }}.")


def _report(book: Book, draft: StatementDraft | ProofDraft, message: str) -> None:
    book.report(draft.place, "BP117", "warning", message)
