"""Cuts Lean source into words, as Lean's own reader does; where the two could differ, it refuses.

The gate judges Lean's commands by these tokens, so a text that Lean would read differently must not get past
it. Strings, character literals, nested comments and names in guillemets are followed exactly. Three corners
that depend on the tokens a project declares are refused instead of guessed: a comment that begins right after
an operator (``<--``), interpolated strings, and ``/--/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from checker.errors import CheckerError


class LexicalError(CheckerError):
    """A text that this reader and Lean's might cut differently, or that neither can.

    Attributes:
        line: 1-based line where it begins.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    """An identifier or keyword, dots included."""
    STRING = "string"
    """A string or character literal."""
    NUMBER = "number"
    """Something that begins with a digit."""
    SYMBOL = "symbol"
    """Any other character, alone."""
    DOCUMENT = "document"
    """A documentation comment."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: what it is.
        text: its characters.
        start: offset in code points.
        line: 1-based line it begins on.
    """

    kind: Kind
    text: str
    start: int
    line: int


_COMPONENT = r"(?:[A-Za-z_][A-Za-z0-9_'!?₀-₉ₐ-ₜᵢ-ᵪⱼ]*|«[^«»\n]*»)"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\ \t\r\n]+)
  | (?P<line>--[^\n]*)
  | (?P<block>/-[-!]?)
  | (?P<raw>r(?P<hashes>\#*)")
  | (?P<word>{_COMPONENT}(?:\.{_COMPONENT})*)
  | (?P<number>[0-9][A-Za-z0-9_]*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<char>'(?:\\(?:x[0-9a-fA-F]{{2}}|u[0-9a-fA-F]{{4}}|.)|[^\\'])')
  | (?P<pair>'')
  | (?P<bad>["'«])
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/-|-/")
_OPERATORS: Final = frozenset("<>|-+*/=!@#$%^&~:.?\\")


def tokens(text: str) -> list[Token]:
    """Cut a Lean source into tokens, comments left out.

    Raises:
        LexicalError: where Lean might cut it differently.
    """
    found: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "the last alternative matches anything"
        group = match.lastgroup if match.lastgroup != "hashes" else "raw"
        end, kind = match.end(), _KINDS.get(group or "")
        if group in ("line", "block"):
            _check_comment(text, at, line)
            if group == "block":
                end = _block_end(text, match.end(), line)
                kind = Kind.DOCUMENT if match.end() - at > 2 else None  # noqa: PLR2004 - longer than "/-"
        elif group == "raw":
            end = _raw_end(text, match.end(), '"' + match["hashes"], line)
        elif group == "string" and found and found[-1].start + len(found[-1].text) == at:
            _check_interpolation(found[-1], line)
        elif group == "bad":
            raise LexicalError(f"A literal or name that begins with {text[at]} does not end.", line)
        if kind is not None:
            found.append(Token(kind, text[at:end], at, line))
        line += text.count("\n", at, end)
        at = end
    return found


_KINDS: Final = {
    "word": Kind.WORD, "number": Kind.NUMBER, "string": Kind.STRING, "raw": Kind.STRING, "char": Kind.STRING,
    "pair": Kind.SYMBOL, "symbol": Kind.SYMBOL,
}  # fmt: skip


def _check_comment(text: str, at: int, line: int) -> None:
    before = text[at - 1] if at else " "
    if before in _OPERATORS or not (before.isascii() or before.isalnum()):
        raise LexicalError("A comment begins right after an operator; put a space between them.", line)
    if text.startswith(("/--/", "/-!/"), at):
        raise LexicalError("Readers disagree on where this comment ends; write a space before its last slash.", line)


def _check_interpolation(before: Token, line: int) -> None:
    if before.kind is Kind.WORD and before.text.endswith("!"):
        raise LexicalError("Interpolated strings hold code inside text, and are not read here.", line)


def _block_end(text: str, at: int, line: int) -> int:
    depth = 1
    while depth:
        edge = _BLOCK_EDGE.search(text, at)
        if edge is None:
            raise LexicalError("A comment does not end.", line)
        depth += 1 if edge.group() == "/-" else -1
        at = edge.end()
    return at


def _raw_end(text: str, at: int, closing: str, line: int) -> int:
    end = text.find(closing, at)
    if end < 0:
        raise LexicalError("A raw string does not end.", line)
    return end + len(closing)
