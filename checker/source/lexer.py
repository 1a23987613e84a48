"""Cuts Lean source into words, as Lean's own reader does; where the two could differ, it refuses.

The gate judges Lean's commands by these tokens, so a text that Lean would read differently must not get past
it. Strings, character literals, nested comments and names in guillemets are followed exactly. Four corners
that depend on the tokens a project declares are refused instead of guessed: a comment that begins right after
an operator (``<--``), strings that may be interpolated, a literal glued to a number, and ``/--/``.

`all_tokens` serves those who edit sources and must find every character again: it keeps comments, follows
interpolated strings into their code, and takes Lean's other letters as parts of names. `tokens` sees those letters as
symbols, so that no keyword hides behind one from the gate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from checker.errors import CheckerError

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    COMMENT = "comment"
    """Any other comment; only `all_tokens` has them."""


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

    @property
    def end(self) -> int:
        """Offset in code points, after its last character."""
        return self.start + len(self.text)


_PATTERN: Final = r"""
    (?P<space>[\ \t\r\n]+)
  | (?P<line>--[^\n]*)
  | (?P<block>/-[-!]?)
  | (?P<prime>(?<=[LETTER])['!?]+)
  | (?P<raw>(?<![LETTER`])r(?P<hashes>\#*)")
  | (?P<word>COMPONENT(?:\.COMPONENT)*)
  | (?P<number>[0-9][A-Za-z0-9_]*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<char>'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^\\'])')
  | (?P<pair>'')
  | (?P<bad>["'«])
  | (?P<symbol>.)
"""
_LETTERS: Final = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u0391-\u039f\u03a1\u03a2\u03a4-\u03a9\u03b1-\u03ba\u03bc-\u03fb"
    "\u1f00-\u1ffe\u2100-\u214f\U0001d49c-\U0001d59f"
)
"""What Lean takes for letters besides ASCII: accented, Greek but for λ, Π and Σ, letter-like, script."""


_SUBSCRIPTS: Final = "₀-₉ₐ-ₜᵢ-ᵪⱼ"
"""What may follow in a name, too: a prime or an ``r`` after one of these or of the letters goes on with the name."""


def _pattern(letters: str) -> re.Pattern[str]:
    component = rf"(?:[A-Za-z_{letters}][A-Za-z0-9_'!?{_SUBSCRIPTS}{letters}]*|«[^«»\n]*»)"
    pattern = _PATTERN.replace("COMPONENT", component).replace("LETTER", _LETTERS + _SUBSCRIPTS)
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


_STRICT: Final = _pattern("")
_FULL: Final = _pattern(_LETTERS)
_BLOCK_EDGE = re.compile(r"/-|-/")
_OPERATORS: Final = frozenset("<>|-+*/=!@#$%^&~:.?\\")


def tokens(text: str) -> list[Token]:
    """Cut a Lean source into tokens, comments left out.

    Raises:
        LexicalError: where Lean might cut it differently.
    """
    return [token for token in _cut(text, 0, 1, full=False) if token.kind is not Kind.COMMENT]


def all_tokens(text: str) -> list[Token]:
    """Cut a Lean source into tokens and comments; between two of them stands only white space.

    Raises:
        LexicalError: where Lean might cut it differently, interpolated strings excepted.
    """
    return list(_cut(text, 0, 1, full=True))


def _cut(text: str, at: int, line: int, *, full: bool) -> Iterator[Token]:
    pattern = _FULL if full else _STRICT
    before: Token | None = None
    while at < len(text):
        match = pattern.match(text, at)
        assert match is not None, "the last alternative matches anything"
        group = match.lastgroup if match.lastgroup != "hashes" else "raw"
        end, kind = match.end(), _KINDS.get(group or "")
        if group in ("line", "block"):
            _check_comment(text, at, line)
            if group == "block":
                end = comment_end(text, match.end(), line)
                kind = Kind.DOCUMENT if match.end() - at > 2 else kind  # noqa: PLR2004 - longer than "/-"
        elif group == "raw":
            end = _raw_end(text, match.end(), '"' + match["hashes"], line)
        elif text[at] == '"' and before is not None and before.end == at and _interpolates(before):
            end = _interpolation_end(text, at, line, full=full)
            kind = Kind.STRING
        elif group in ("string", "number"):
            _check_glued(match.group(), text[end : end + 1], line, full=full)
        elif group == "bad":
            raise LexicalError(f"A literal or name that begins with {text[at]} does not end.", line)
        if kind is not None:
            token = Token(kind, text[at:end], at, line)
            yield token
            before = before if kind is Kind.COMMENT else token
        line += text.count("\n", at, end)
        at = end


_KINDS: Final = {
    "word": Kind.WORD, "number": Kind.NUMBER, "string": Kind.STRING, "raw": Kind.STRING, "char": Kind.STRING,
    "pair": Kind.SYMBOL, "prime": Kind.SYMBOL, "symbol": Kind.SYMBOL, "line": Kind.COMMENT, "block": Kind.COMMENT,
}  # fmt: skip


def _check_comment(text: str, at: int, line: int) -> None:
    before = text[at - 1] if at else " "
    if before in _OPERATORS or not (before.isascii() or before.isalnum()):
        raise LexicalError("A comment begins right after an operator; put a space between them.", line)
    if text.startswith(("/--/", "/-!/"), at):
        raise LexicalError("Readers disagree on where this comment ends; write a space before its last slash.", line)


def _check_glued(literal: str, following: str, line: int, *, full: bool) -> None:
    """Lean ends a number at its first letter that cannot belong to it, and reads on: ``1r"`` begins a raw string."""
    if full:
        return
    if literal.startswith('"') and "{" in literal:
        raise LexicalError("A string with a brace may hold code inside text; write the brace as \\x7b.", line)
    if not literal.startswith('"') and following in tuple("'\"#!?") and not literal.isdigit():
        raise LexicalError("A name or literal begins right after a number; put a space between them.", line)


def _interpolates(before: Token) -> bool:
    return before.kind is Kind.WORD and before.text.endswith("!")


def _interpolation_end(text: str, at: int, line: int, *, full: bool) -> int:
    if not full:
        raise LexicalError("Interpolated strings hold code inside text, and are not read here.", line)
    start, at = line, at + 1
    while at < len(text) and text[at] != '"':
        if text[at] == "{":
            at = _brace_end(text, at, line)
        else:
            at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise LexicalError("An interpolated string does not end.", start)
    return at + 1


def _brace_end(text: str, at: int, line: int) -> int:
    depth = 0
    try:
        for token in _cut(text, at, line, full=True):
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if not depth:
                return token.end
    except RecursionError:
        raise LexicalError("Interpolated strings nest too deep.", line) from None
    raise LexicalError("Code inside an interpolated string does not end.", line)


def comment_end(text: str, at: int, line: int) -> int:
    """Where a block comment ends whose inside begins at ``at``; comments nest.

    Raises:
        LexicalError: when it does not end; at ``line``.
    """
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
