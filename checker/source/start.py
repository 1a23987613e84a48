"""Where a command begins: documentation, attributes and modifiers, and then a keyword."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.source.body import span_of
from checker.source.lexer import Kind
from checker.source.words import HASHES, MODIFIERS, RESERVED, WEAK

if TYPE_CHECKING:
    from checker.source.command import Span
    from checker.source.words import Words

_OPENERS: Final = frozenset({"open", "set_option"})
"""These begin commands, and also terms and tactics, when ``in`` follows."""
_PAIRS: Final = {"class": frozenset({"inductive", "abbrev"})}
_BEGINNING: Final = RESERVED | WEAK | MODIFIERS | _OPENERS | frozenset(_PAIRS) | {"deriving", "@", "#"}
"""What a command can begin with, documentation apart."""


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a command.

    Attributes:
        begin, after: indices of its first token and of the one after its keyword.
        keyword: of one or two words.
        modifiers, attributes, documentation: what stands before it.
    """

    begin: int
    after: int
    keyword: str
    modifiers: tuple[str, ...]
    attributes: tuple[Span, ...]
    documentation: tuple[Span, ...]


class Starts:
    """Finds the beginnings of commands."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._barren = -1  # up to here documentation and modifiers led to no keyword: they are looked through once

    def at(self, begin: int, *, first: bool, inside: bool) -> Start | None:
        """The start at a token, if a command begins there.

        Args:
            begin: index of the token.
            first: whether a command must begin here, as after another's ``in``.
            inside: whether a declaration goes on up to here, whose value may hold ``open … in``.
        """
        words, at = self._words, begin
        if begin <= self._barren and not first:
            return None
        if words.text(begin) not in _BEGINNING and words.tokens[begin].kind is not Kind.DOCUMENT:
            return None  # nearly all tokens of a file are such
        if words.glued(begin, ".`«") and not words.leads(begin):
            return None
        modifiers: list[str] = []
        attributes: list[Span] = []
        documentation: list[Span] = []
        while at < len(words):
            if words.tokens[at].kind is Kind.DOCUMENT and words.tokens[at].text.startswith("/--"):
                documentation.append(span_of(words, at, at + 1))
                at += 1
            elif words.is_symbol(at, "@["):
                attributes.append(span_of(words, at, words.closing[at + 1] + 1))
                at = words.closing[at + 1] + 1
            elif words.text(at) in MODIFIERS:
                modifiers.append(words.text(at))
                of_namespace = words.text(at) == "scoped" and words.text(at + 1) == "["
                at = words.closing[at + 1] + 1 if of_namespace else at + 1
            else:
                break
        found = self._keyword(at, first=first or at > begin, inside=inside) if at < len(words) else None
        if found is None:
            self._barren = max(self._barren, at if at > begin else -1)
            return None
        keyword, after = found
        return Start(begin, after, keyword, tuple(modifiers), tuple(attributes), tuple(documentation))

    def _keyword(self, at: int, *, first: bool, inside: bool) -> tuple[str, int] | None:
        words = self._words
        text = words.text(at)
        if words.tokens[at].kind is Kind.DOCUMENT:
            return "/-!", at + 1
        if text == "deriving":
            after = at + 2 if words.text(at + 1) == "noncomputable" else at + 1
            return ("deriving instance", after + 1) if words.text(after) == "instance" else None
        if text == "#":
            return self._hash(at, first=first)
        if text in _PAIRS and words.text(at + 1) in _PAIRS[text]:
            return f"{text} {words.text(at + 1)}", at + 2
        known = (
            text in RESERVED
            or (text in WEAK and (first or (words.column(at) == 0 and words.leads(at) and not words.awaited(at))))
            or (text in _OPENERS and (first or self._opens(at, inside=inside)))
        )
        return (text, at + 1) if known else None

    def _hash(self, at: int, *, first: bool) -> tuple[str, int] | None:
        words = self._words
        if not words.is_name(at + 1) or not words.glued(at + 1, "#"):
            return None
        word = words.text(at + 1)
        own_line = words.leads(at) and words.column(at) == 0 and not words.awaited(at)
        return (f"#{word}", at + 2) if first or own_line or word in HASHES else None

    def _opens(self, at: int, *, inside: bool) -> bool:
        """Whether ``open`` or ``set_option`` is a command here, and not part of a term or tactic."""
        words = self._words
        if words.awaited(at):
            return False
        if not inside or (words.leads(at) and words.column(at) == 0):
            return True
        for after in range(at + 1, len(words)):
            if words.depth[after] > words.depth[at]:
                continue
            if words.text(after) == "in":
                return after + 1 < len(words) and self.at(after + 1, first=True, inside=False) is not None
            if words.text(after) in RESERVED or (words.leads(after) and words.column(after) == 0):
                return True
        return True
