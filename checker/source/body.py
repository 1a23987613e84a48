"""What a declaration is called, and where its statement ends and its value begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.source.command import Body, Span
from checker.source.lexer import Kind, LexicalError
from checker.source.words import MODIFIERS, NAMED

if TYPE_CHECKING:
    from checker.source.scope import Scopes
    from checker.source.words import Words

_RESTS: Final = frozenset(
    {"deriving", "termination_by", "decreasing_by", "partial_fixpoint", "inductive_fixpoint", "coinductive_fixpoint"}
)
_BINDING: Final = frozenset({"let", "have"})
_TYPES: Final = frozenset({"structure", "class", "inductive", "coinductive", "class inductive"})


def body_of(words: Words, begin: int, end: int) -> Body:
    """Cut a declaration.

    Args:
        words: of the file.
        begin: index of its name's token, or of the one after its keyword.
        end: index of the first token that is no longer its own.

    Raises:
        LexicalError: when the statement's end cannot be told.
    """
    cut = _value_at(words, begin, end)
    rest = _rest_at(words, cut, end)
    return Body(
        span_of(words, begin, cut),
        span_of(words, cut, rest) if cut < rest else None,
        span_of(words, rest, end) if rest < end else None,
    )


def span_of(words: Words, begin: int, end: int) -> Span:
    """The stretch of the tokens from one index up to another."""
    if begin >= end:
        last = words.tokens[begin - 1]
        line = last.line + last.text.count("\n")
        return Span(last.end, last.end, line, line)
    first, last = words.tokens[begin], words.tokens[end - 1]
    return Span(first.start, last.end, first.line, last.line + last.text.count("\n"))


def _value_at(words: Words, begin: int, end: int) -> int:
    depth, pending, in_bars = words.depth[begin] if begin < end else 0, 0, False
    for at in range(begin, end):
        if words.depth[at] != depth:
            continue
        text = words.text(at)
        if text == "match":
            raise LexicalError("A statement contains a bare `match`; put brackets around it.", words.tokens[at].line)
        if text == "|" and (in_bars or words.awaited(at)):
            in_bars = not in_bars  # where a term must begin, a bar opens an absolute value
        elif text in _BINDING:
            pending += 1
        elif words.is_symbol(at, ":="):
            if not pending:
                return at
            pending -= 1
        elif not pending and (text in ("where", *_RESTS) or _begins_equation(words, at, end)):
            return at
    return end


def _begins_equation(words: Words, at: int, end: int) -> bool:
    """Whether a ``|`` begins an alternative, not an absolute value or a disjunction.

    An equation has its arrow before any ``:=``; a constructor stands first on its line or on that of the name.
    """
    if words.text(at) != "|" or words.glued(at, "|") or words.text(at + 1) == "|":
        return False
    for after in range(at + 1, end):
        if words.depth[after] == words.depth[at]:
            if words.is_symbol(after, "=>"):
                return True
            if words.is_symbol(after, ":="):
                return False
    return True


def _rest_at(words: Words, cut: int, end: int) -> int:
    """Where deriving or the argument for termination begins; after ``where`` only deriving is not a helper's."""
    if cut == end:
        return end
    depth, sought = words.depth[cut], _RESTS
    for at in range(cut, end):
        if words.depth[at] == depth:
            if words.text(at) in sought:
                return at
            if words.text(at) == "where":
                sought = frozenset({"deriving"})
    return end


def name_at(words: Words, keyword: str, begin: int, end: int) -> int | None:
    """The index of the token that names a declaration; None for nameless instances and examples.

    Raises:
        LexicalError: when a declaration that needs a name has none.
    """
    at = begin
    if keyword == "instance" and words.text(at) == "(" and words.text(at + 1) == "priority":
        at = words.closing[at] + 1
    if keyword in NAMED or keyword == "instance":
        if at < end and words.is_name(at):
            return at
        if keyword != "instance":
            raise LexicalError(f"After `{keyword}` no name is found.", words.tokens[begin - 1].line)
    return None


def names_of(words: Words, keyword: str, begin: int, end: int, scopes: Scopes) -> tuple[str, ...]:
    """What a declaration declares, in full: itself, then its constructors.

    Raises:
        LexicalError: when it should have a name and has none.
    """
    at = name_at(words, keyword, begin, end)
    if at is None:
        return ()
    own = scopes.full(words.tokens[at].text)
    if keyword not in _TYPES:
        return (own,)
    if keyword in ("structure", "class"):
        inner = [_constructor(words, at, end)]
    else:
        inner = [_after(words, each + 1) for each in range(at, end) if _alternative(words, each, at)]
    return (own, *(f"{own}.{name}" for name in inner if name))


def _alternative(words: Words, at: int, name: int) -> bool:
    return words.text(at) == "|" and words.depth[at] == words.depth[name]


def _after(words: Words, at: int) -> str:
    while at < len(words):
        if words.tokens[at].kind is Kind.DOCUMENT or words.text(at) in MODIFIERS:
            at += 1
        elif words.text(at) == "@" and words.text(at + 1) == "[":
            at = words.closing[at + 1] + 1
        else:
            break
    return words.text(at) if words.is_name(at) else ""


def _constructor(words: Words, name: int, end: int) -> str:
    for at in range(name + 1, end):
        if words.depth[at] == words.depth[name] and words.is_symbol(at, "::") and words.is_name(at - 1):
            return words.text(at - 1)
    return "mk"
