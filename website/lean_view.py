"""A Lean module as the site shows it: what comes before, the statement, the proof, and what comes after.

The parts' texts join to the module's source, so that copying them copies the module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from markupsafe import Markup, escape

from website.lean_tokens import DECLARERS, MODIFIERS, Kind, Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Role = Literal["before", "statement", "proof", "after"]

_OPENING = {"(": 1, "[": 1, "{": 1, "⟨": 1, "⦃": 1, ")": -1, "]": -1, "}": -1, "⟩": -1, "⦄": -1}
_OPENING_TAGS = {kind: Markup('<span class="lean-{}">').format(kind) for kind in get_args(Kind)}
_CLOSING_TAG = Markup("</span>")
_PROVERS = frozenset({"theorem", "lemma"})


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


def parts_of(source: str, declaration: str) -> tuple[Part, ...]:
    """Cut a module around a declaration.

    Args:
        source: the module's text.
        declaration: the full Lean name shown; the module may spell any tail of it.

    Returns:
        The parts that are not blank, in order. All of the module is one ``statement`` when the declaration
        is not found in it. A definition has no ``proof``: its body is part of what it says.
    """
    tokens = list(tokens_of(source))
    word = _find_declaration(tokens, declaration)
    if word is None:
        return tuple(_parts([("statement", tokens)]))
    start, end = _start_of(tokens, word), _end_of(tokens, word)
    split = _body_of(tokens, word, end) if tokens[word].text in _PROVERS else end
    return tuple(
        _parts(
            [
                ("before", tokens[:start]),
                ("statement", tokens[start:split]),
                ("proof", tokens[split:end]),
                ("after", tokens[end:]),
            ]
        )
    )


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


def _find_declaration(tokens: Sequence[Token], declaration: str) -> int | None:
    """Return the index of the word (``theorem``, ``def`` …) that declares a name; the longest tail wins."""
    best: tuple[int, int] | None = None
    for index, token in enumerate(tokens):
        if token.kind != "command" or token.text not in DECLARERS:
            continue
        name = next((t for t in tokens[index + 1 : index + 4] if t.kind != "space"), None)
        if name is None or not f".{declaration}".endswith(f".{name.text}"):
            continue
        if best is None or len(name.text) > best[0]:
            best = (len(name.text), index)
    return best[1] if best else None


def _start_of(tokens: Sequence[Token], word: int) -> int:
    """Return where a declaration starts: at its doc comment, attributes and modifiers."""
    start = word
    for index in range(word - 1, -1, -1):
        token = tokens[index]
        if token.kind == "space":
            continue
        is_doc = token.kind == "doc" and token.text.startswith("/--")
        if not (is_doc or token.kind == "attribute" or token.text in MODIFIERS):
            break
        start = index
    return start


def _end_of(tokens: Sequence[Token], word: int) -> int:
    """Return where a declaration ends: at the next command, comment or attribute at the start of a line."""
    for index in range(word + 1, len(tokens)):
        token = tokens[index]
        if token.kind in {"command", "doc", "comment", "attribute"} and _at_line_start(tokens, index):
            return index
    return len(tokens)


def _at_line_start(tokens: Sequence[Token], index: int) -> bool:
    return index == 0 or tokens[index - 1].text.endswith("\n")


def _body_of(tokens: Sequence[Token], word: int, end: int) -> int:
    """Return where a theorem's body begins: outside brackets, after ``:=``, or at ``where`` or a line's ``|``."""
    depth = 0
    for index in range(word + 1, end):
        token = tokens[index]
        if token.kind == "symbol":
            depth += _OPENING.get(token.text, 0)
        if depth:
            continue
        if token.text == ":=":
            return index + 1
        if token.text == "where" or (token.text == "|" and _begins_line(tokens, index)):
            return index
    return end


def _begins_line(tokens: Sequence[Token], index: int) -> bool:
    return "\n" in tokens[index - 1].text and tokens[index - 1].kind == "space"
