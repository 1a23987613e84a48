"""A Lean module as the site shows it: what comes before, the statement, the proof, and what comes after.

The checker's outline says where a declaration stands; a module it cannot cut is shown whole, and the page says so. The
parts' texts join to the module's source, so that copying them copies the module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from markupsafe import Markup, escape

from checker.errors import UnknownDeclaration
from checker.source.lexer import LexicalError
from checker.source.outline import outline_of
from checker.source.surgery import find_declaration
from website.lean_tokens import Kind, Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Role = Literal["before", "statement", "proof", "after"]

_OPENING_TAGS = {kind: Markup('<span class="lean-{}">').format(kind) for kind in get_args(Kind)}
_CLOSING_TAG = Markup("</span>")
_PROVERS = frozenset({"theorem", "lemma"})
_MAX_NOTE = 300


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a module.

    Attributes:
        role: what it is to the reader.
        lead, trail: what stands around it, not shown and still copied: white space, ends of namespaces.
        code: the coloured source.
        has_sorry: whether it leaves something open.
        lines: how many lines it has.
    """

    role: Role
    lead: str
    code: Markup
    trail: str
    has_sorry: bool
    lines: int


@dataclass(frozen=True, slots=True)
class ModuleView:
    """A module, cut around a declaration.

    Attributes:
        parts: those that are not blank, in order.
        note: why the declaration is not shown by itself, in a sentence; empty when it is.
    """

    parts: tuple[Part, ...]
    note: str = ""


def coloured_lines(tokens: Iterable[Token]) -> list[Markup]:
    """Return tokens as HTML, one piece for each line, newlines left out.

    Every token's text is escaped, in a span that names its kind where that has a colour.
    """
    lines: list[list[Markup]] = [[]]
    for token in tokens:
        for index, text in enumerate(token.text.split("\n")):
            if index:
                lines.append([])
            if text:
                lines[-1].append(_span(token.kind, text))
    return [Markup("").join(line) for line in lines]


def _span(kind: Kind, text: str) -> Markup:
    if kind in {"space", "name"}:
        return escape(text)
    return _OPENING_TAGS[kind] + text + _CLOSING_TAG  # adding text to markup escapes it


def _rows(tokens: Sequence[Token]) -> Markup:
    """Return code as rows that know their indentation, so that long ones can be broken without losing it."""
    lines = "".join(token.text for token in tokens).split("\n")
    rows = [
        Markup('<span class="row" style="--in:{}">{}{}</span>').format(
            len(text) - len(text.lstrip(" ")), html, "" if index == len(lines) - 1 else "\n"
        )
        for index, (text, html) in enumerate(zip(lines, coloured_lines(tokens), strict=True))
    ]
    return Markup("").join(rows)


def view_of(source: str, declaration: str) -> ModuleView:
    """Cut a module around a declaration.

    Args:
        source: the module's text.
        declaration: the full Lean name shown.

    Returns:
        The declaration, with its documentation, attributes and the comments that belong to it, as a ``statement`` and,
        for a theorem, a ``proof``: the body of a definition is part of what it says. When it cannot be found with
        certainty, all of the module is one ``statement``, and a note says why.
    """
    try:
        cuts = _cuts(source, declaration)
    except LexicalError as error:
        return _whole(source, f"on line {error.line} it cannot be cut into declarations: {error}")
    except UnknownDeclaration as error:
        return _whole(source, str(error))
    return ModuleView(tuple(_parts([(role, list(tokens_of(text))) for role, text in cuts])))


def _whole(source: str, why: str) -> ModuleView:
    note = f"The whole file is shown: {why}"
    shown = note if len(note) <= _MAX_NOTE else f"{note[:_MAX_NOTE]}…"
    return ModuleView(tuple(_parts([("statement", list(tokens_of(source)))])), shown)


def _cuts(source: str, declaration: str) -> list[tuple[Role, str]]:
    """Return the roles of a module's stretches, which join to it.

    Raises:
        LexicalError: it cannot be cut with certainty.
        UnknownDeclaration: it does not declare this, or does so more than once.
    """
    command = find_declaration(outline_of(source), declaration)
    span, value = command.span, command.body.value if command.body else None
    split = span.end
    if value is not None and command.keyword in _PROVERS:
        split = value.start + (len(":=") if value.of(source).startswith(":=") else 0)
    return [
        ("before", source[: span.start]),
        ("statement", source[span.start : split]),
        ("proof", source[split : span.end]),
        ("after", source[span.end :]),
    ]


def _parts(cuts: Sequence[tuple[Role, Sequence[Token]]]) -> list[Part]:
    """Return the parts.

    White space belongs to the part it surrounds; so do the words that close namespaces, which nobody reads.
    """
    parts: list[Part] = []
    waiting = ""
    for role, tokens in cuts:
        text = "".join(token.text for token in tokens)
        if not text.strip():
            waiting += text
            continue
        if parts and _only_closes(text):
            parts[-1] = replace(parts[-1], trail=parts[-1].trail + waiting + text)
            waiting = ""
            continue
        blank, shown = _indented(tokens)
        lead = waiting + blank
        trail = tokens[-1].text if tokens[-1].kind == "space" else ""
        waiting = ""
        parts.append(
            Part(
                role,
                lead,
                _rows(_trimmed(shown)),
                trail,
                any(token.kind == "sorry" for token in tokens),
                len(text.strip().splitlines()),
            )
        )
    if waiting and parts:
        parts[-1] = replace(parts[-1], trail=parts[-1].trail + waiting)
    return parts


def _only_closes(text: str) -> bool:
    """Return whether every line is blank or ends a namespace or section."""
    return all(not words or (words[0] == "end" and len(words) <= 2) for words in map(str.split, text.splitlines()))  # noqa: PLR2004 - end NAME


def _indented(tokens: Sequence[Token]) -> tuple[str, Sequence[Token]]:
    """Return the white space code begins with, and the code with the indentation of its first line."""
    first = tokens[0]
    if first.kind != "space":
        return "", tokens
    shown = first.text.rfind("\n") + 1 or len(first.text)
    return first.text[:shown], [replace(first, text=first.text[shown:], start=first.start + shown), *tokens[1:]]


def _trimmed(tokens: Sequence[Token]) -> Sequence[Token]:
    return tokens[: len(tokens) - (1 if tokens[-1].kind == "space" else 0)]
