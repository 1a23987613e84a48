"""Lean source cut into tokens, well enough to colour it. Nothing is lost: the tokens' texts join to the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal[
    "space", "doc", "comment", "string", "number", "command", "keyword", "sort", "sorry", "attribute", "name", "symbol"
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DECLARERS = _words("theorem lemma def abbrev structure inductive class instance axiom opaque example")
"""Words that begin a declaration, once modifiers are out of the way."""

_MODIFIERS = _words("public private protected noncomputable unsafe partial meta nonrec")

_COMMANDS = (
    _DECLARERS
    | _MODIFIERS
    | _words(
        """module prelude import open namespace section end universe variable set_option attribute export mutual
        deriving extends notation infix infixl infixr prefix postfix macro syntax elab macro_rules initialize
        elab_rules declare_syntax_cat local scoped omit include all hiding renaming"""
    )
)
_KEYWORDS = _words(
    """fun by match with let have show from suffices if then else do return where in at calc termination_by
    decreasing_by nomatch nofun rec exists forall intro exact apply simp rw rfl induction cases constructor
    refine obtain rcases unfold λ mut for while try catch throw this"""
)
_SORTS = frozenset({"Type", "Prop", "Sort"})

_NAME = r"(?:[^\W\d]|_|«[^»\n]{0,200}»)(?:[\w'!?₀-₉]|«[^»\n]{0,200}»)*"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<line>--[^\n]*)
  | (?P<block>/-)
  | (?P<string>(?:s!|r)?"(?:\\.|[^"\\])*(?:"|\Z))
  | (?P<char>'(?:\\[^\n]|[^\\'\n])')
  | (?P<attribute>@\[[^\]]{{0,400}}\])
  | (?P<number>0[xX][0-9a-fA-F]+|0[bB][01]+|\d+(?:\.\d+)?)
  | (?P<hash>\#[a-z_]+)
  | (?P<name>{_NAME}(?:\.{_NAME}|\.\d+)*)
  | (?P<symbol>:=|=>|->|<-|<\||\|>|[^\w\s])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


_KIND_OF_GROUP: dict[str, Kind] = {
    "space": "space",
    "line": "comment",
    "block": "comment",
    "string": "string",
    "char": "string",
    "attribute": "attribute",
    "number": "number",
    "hash": "command",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of source: what it is, its text, and its offset in characters."""

    kind: Kind
    text: str
    start: int


def tokens_of(source: str) -> Iterator[Token]:
    """Yield the tokens of a Lean source, white space and comments among them, in order and without gaps.

    Sources that are not Lean are cut too; this never raises.
    """
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        assert match is not None, "the last alternative matches any character"
        group = match.lastgroup or "other"
        end = _comment_end(source, position) if group == "block" else match.end()
        text = source[position:end]
        yield Token(_kind_of(group, text), text, position)
        position = end


def _kind_of(group: str, text: str) -> Kind:
    """Return what a token is, from the alternative that matched it and its text."""
    if group == "name":
        return _kind_of_name(text)
    if group == "block" and text.startswith(("/--", "/-!")):
        return "doc"
    return _KIND_OF_GROUP.get(group, "symbol")


def _kind_of_name(text: str) -> Kind:
    if text in {"sorry", "sorryAx", "admit"}:
        return "sorry"
    if text in _COMMANDS:
        return "command"
    if text in _KEYWORDS:
        return "keyword"
    return "sort" if text in _SORTS else "name"


def _comment_end(source: str, start: int) -> int:
    """Return where the block comment that starts here ends; they nest. The source's end when it is never closed."""
    depth = 0
    for match in re.compile(r"/-|-/").finditer(source, start):
        depth += 1 if match.group() == "/-" else -1
        if depth == 0:
            return match.end()
    return len(source)
