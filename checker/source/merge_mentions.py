# ruff: noqa: RUF001 - Lean has signs like these
"""What a piece of a Lean file mentions by name, as far as its words tell; what it binds itself is left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from checker.source.lexer import Kind, Token, all_tokens
from checker.source.scope import parts_of
from checker.source.words import OPENING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.source.merge_pieces import Piece, Pieces

_BINDERS: Final = frozenset(
    ["fun", "λ", "∀", "∃", "∑", "∏", "⋃", "⋂", "⨆", "⨅", "intro", "intros", "rintro", "obtain", "with"]
)
"""What binds all names that follow it on its line, in patterns too."""
_NAMERS: Final = frozenset({"let", "have", "set", "suffices", "generalize", "next", "case"})
"""What binds the name that follows it."""
_OPENS: Final = frozenset("⟨(⦃{[")
_CLOSES: Final = frozenset("⟩)⦄}]")

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it is written.

    Attributes:
        parts: its parts.
        is_field: whether it follows something with a dot, so that its first part is no name by itself.
    """

    parts: Parts
    is_field: bool


def mentions_of(piece: Piece, variables: frozenset[str]) -> list[Mention]:
    """What a piece mentions.

    Args:
        piece: the piece.
        variables: what is bound around it.
    """
    tokens = [each for each in all_tokens(piece.text) if each.kind not in (Kind.COMMENT, Kind.DOCUMENT)]
    name = (
        -1 if piece.command is None or piece.command.body is None else piece.command.body.signature.start - piece.start
    )
    first: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.kind is Kind.WORD:
            first.setdefault(parts_of(token.text)[0], at)
    local = {word for word, at in _bound(tokens) if first.get(word) == at} | variables
    found = []
    for at, token in enumerate(tokens):
        if token.kind is not Kind.WORD or token.start == name:
            continue
        parts = parts_of(token.text)
        if at and tokens[at - 1].text == "." and tokens[at - 1].end == token.start:
            found.append(Mention(parts, is_field=True))
        elif parts[0] not in local:
            found.append(Mention(parts, is_field=False))
        elif parts[1:]:
            found.append(Mention(parts[1:], is_field=True))
    return found


def _bound(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """What is bound, and where."""
    for at, token in enumerate(tokens):
        if token.text in OPENING:
            yield from _group(tokens, at)
        elif token.text in _BINDERS:
            yield from _pattern(tokens, at + 1)
        elif token.text in _NAMERS and _is_word(tokens, at + 1):
            yield tokens[at + 1].text, at + 1
        elif token.kind is Kind.WORD and [each.text for each in tokens[at + 1 : at + 3]] == [":", "="]:
            yield token.text, at


def _group(tokens: Sequence[Token], begin: int) -> Iterator[tuple[str, int]]:
    """The names of a bracket such as ``(a b : T)`` or ``{a b}``; none when it is no binder."""
    at = begin + 1
    while _is_word(tokens, at):
        at += 1
    closes = at < len(tokens) and (tokens[at].text == ":" or (tokens[at].text == "}" and tokens[begin].text == "{"))
    if closes and [each.text for each in tokens[at : at + 2]] != [":", ":"]:
        yield from ((tokens[each].text, each) for each in range(begin + 1, at))


def _pattern(tokens: Sequence[Token], at: int) -> Iterator[tuple[str, int]]:
    depth, line = 0, tokens[at - 1].line
    while at < len(tokens) and tokens[at].line == line:
        text = tokens[at].text
        if _is_word(tokens, at):
            yield text, at
        elif text in _OPENS or text in _CLOSES:
            depth += 1 if text in _OPENS else -1
        elif not (text in "@-|" or (text == "," and depth)):
            return
        if depth < 0:
            return
        at += 1


def _is_word(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind is Kind.WORD


class Names:
    """Full names, found by how they may be written."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_last: dict[str, list[Parts]] = {}
        self.add(names)

    def __bool__(self) -> bool:
        return bool(self._by_last)

    def add(self, names: Iterable[str]) -> None:
        """Take more names, in full."""
        for name in names:
            parts = parts_of(name)
            self._by_last.setdefault(parts[-1], []).append(parts)

    def touched(self, mention: Mention) -> str:
        """The first part that is some name's last one; empty when none is."""
        return next((part for part in mention.parts if part in self._by_last), "")

    def meant(self, mention: Mention, namespace: Parts, opened: frozenset[str]) -> str:
        """A name that this can mean, in full, where so much is open; empty when there is none."""
        if mention.is_field:
            return ""
        for length in range(1, len(mention.parts) + 1):
            written = mention.parts[:length]
            for name in self._by_last.get(written[-1], ()):
                around = name[: len(name) - length]
                is_open = around == namespace[: len(around)] or around[-1] in opened
                if name[len(around) :] == written and is_open:
                    return ".".join(name)
        return ""


class Watch:
    """What one side's text would mean otherwise, or nothing any more, in company of the other's, piece by piece.

    Args:
        base: the text both began with.
        side: the side whose text is looked at.
        other: the side that removes and adds.
    """

    def __init__(self, base: Pieces, side: Pieces, other: Pieces) -> None:
        self._side = side
        self._gone = Names(name for name in base.declared if name not in other.declared)
        self._known = base.declared | side.declared
        self._new = Names()

    def add(self, piece: Piece | None) -> None:
        """Go past a piece of the other side: what it declares is there for what follows."""
        if piece is not None:
            self._new.add(name for name in piece.declares if name not in self._known)

    def problem(self, piece: Piece | None, base: Piece | None) -> str:
        """Why a piece that the side adds or changes does not mean what it did; empty when nothing speaks against it."""
        unchanged = base is not None and piece is not None and piece.text == base.text
        if piece is None or piece.is_comment or unchanged or not (self._gone or self._new):
            return ""
        command = piece.command
        namespace = parts_of(command.namespace) if command is not None else ()
        for mention in mentions_of(piece, self._variables):
            lost = self._gone.touched(mention)
            if lost:
                return f"the other side removes or renames {lost}, which it mentions"
            taken = self._new.meant(mention, namespace, self._opened)
            if taken:
                return f"the other side adds {taken}, which it may then mean by {'.'.join(mention.parts)}"
        return ""

    @cached_property
    def _variables(self) -> frozenset[str]:
        texts = [piece.text for piece in self._side.pieces if piece.keyword == "variable"]
        return frozenset(word for text in texts for word, _ in _bound(all_tokens(text)))

    @cached_property
    def _opened(self) -> frozenset[str]:
        """Last parts of what is opened anywhere in the side's text."""
        texts = [piece.text for piece in self._side.pieces if piece.keyword == "open"]
        texts += [
            span.of(self._side.text)
            for piece in self._side.pieces
            if piece.command is not None
            for span in piece.command.prefixes
        ]
        return frozenset(
            parts_of(token.text)[-1] for text in texts for token in all_tokens(text) if token.kind is Kind.WORD
        )
