"""One declaration that two sides have changed: whether both changes fit together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from checker.source.changes import PROVED, words_of

if TYPE_CHECKING:
    from checker.source.command import Span
    from checker.source.merge_pieces import Piece


def three_way(base: str, ours: str, theirs: str) -> str | None:
    """What a text becomes of which each side has a version; None when both changed it differently."""
    if ours in (base, theirs):
        return theirs
    return ours if theirs == base else None


def merge_texts(base: Piece, ours: Piece, theirs: Piece) -> str | None:
    """What a piece becomes; None when the two changes do not fit.

    Where a theorem keeps its statement on both sides, its proof may come from one side and what stands before it
    (documentation, comments, attributes) or behind it from the other: a proof of the same statement stays one. Any
    other two changes of one declaration are a conflict.
    """
    whole = three_way(base.text, ours.text, theirs.text)
    if whole is not None:
        return whole
    parts = [_parts(each) for each in (base, ours, theirs)]
    old, mine, other = parts
    if old is None or mine is None or other is None:
        return None
    if not (old.frame == mine.frame == other.frame and old.statement == mine.statement == other.statement):
        return None
    joined = [
        three_way(old.head, mine.head, other.head),
        old.statement,
        three_way(old.proof, mine.proof, other.proof),
        three_way(old.tail, mine.tail, other.tail),
    ]
    known = [each for each in joined if each is not None]
    return "".join(known) if len(known) == len(joined) else None


def says_the_same(first: Piece, second: Piece) -> bool:
    """Whether two pieces differ in comments and documentation at most, not even in white space elsewhere."""
    return first.text == second.text or (bool(first.names) and _spoken(first) == _spoken(second))


@dataclass(frozen=True, slots=True)
class _Parts:
    """A theorem, cut: the four texts join to it exactly.

    Attributes:
        head: up to its name: comments, documentation, attributes, modifiers, keyword.
        statement: from its name to the proof.
        proof: the rest of its code.
        tail: comments behind it.
        frame: the words of the head without its attributes.
    """

    head: str
    statement: str
    proof: str
    tail: str
    frame: tuple[str, ...]


def _parts(piece: Piece) -> _Parts | None:
    command = piece.command
    if command is None or command.keyword not in PROVED or command.body is None or command.body.value is None:
        return None
    cuts = [command.body.signature.start, command.body.value.start, command.code.end]
    name, value, end = (each - piece.start for each in cuts)
    text = piece.text
    head = text[:name]
    return _Parts(head, text[name:value], text[value:end], text[end:], words_of(_without(piece, head, "attributes")))


def _without(piece: Piece, text: str, what: Literal["attributes", "documentation"]) -> str:
    spans: tuple[Span, ...] = getattr(piece.command, what)
    for span in reversed(spans):
        text = text[: span.start - piece.start] + text[span.end - piece.start :]
    return text


def _spoken(piece: Piece) -> str:
    assert piece.command is not None, "what declares something is a command"
    code = _without(piece, piece.text[: piece.command.code.end - piece.start], "documentation")
    start = min(len(code), piece.command.code.start - piece.start)
    return code[start:].strip()
