"""Cuts a Lean file into its header and its commands, so that one of them can be changed and no other character.

Lean can only be cut exactly by Lean, whose grammar grows while it reads. Here a command begins at a word that begins
one, outside brackets; where a text could be read in two ways, a located error is raised instead of a guess.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.errors import HeaderError
from checker.source.body import body_of, name_at, names_of, span_of
from checker.source.command import Command, Span
from checker.source.header import Header, imports_of
from checker.source.lexer import LexicalError
from checker.source.margins import margins_of
from checker.source.scope import Scopes
from checker.source.start import Start, Starts
from checker.source.words import DECLARATIONS, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIXING: Final = frozenset(
    {"open", "set_option", "variable", "universe", "attribute", "omit", "include", "seal", "unseal", "count_heartbeats"}
)


@dataclass(frozen=True, slots=True)
class Outline:
    """A Lean file, cut.

    Attributes:
        text: the file.
        header: ``module`` and imports, parsed; its ``end`` is where they end.
        commands: in order; a ``mutual`` block is one.
    """

    text: str
    header: Header
    commands: tuple[Command, ...]

    def spans(self) -> list[Span]:
        """The whole file: the header, every command, and what stands between them, in order and without a hole."""
        cuts = [(0, self.header.end), *((each.span.start, each.span.end) for each in self.commands)]
        found, at, line = [], 0, 1
        for start, end in [*cuts, (len(self.text), len(self.text))]:
            for left, right in ((at, start), (start, end)):
                if left < right:
                    last = line + self.text.count("\n", left, right - 1)
                    found.append(Span(left, right, line, last))
                    line = last + (self.text[right - 1] == "\n")
            at = end
        return found

    def declarations(self) -> Iterator[Command]:
        """Every declaration, those of mutual blocks one by one."""
        for command in self.commands:
            yield from (each for each in command.members or (command,) if each.keyword in DECLARATIONS)


def outline_of(text: str) -> Outline:
    """Cut a Lean file.

    Args:
        text: the file, decoded, with its line ends as they are.

    Raises:
        LexicalError: where it cannot be cut with certainty; it says where.
    """
    try:
        header = imports_of(text.encode())
    except (HeaderError, UnicodeEncodeError) as error:
        raise LexicalError(f"The file has no readable header: {error}", 1) from error
    return Outline(text, header, tuple(_Cutter(text, header.end).commands()))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A command's tokens: from ``begin`` up to ``end``, its keyword at ``start``, after its prefixes."""

    begin: int
    end: int
    start: Start
    prefixes: tuple[Span, ...]


class _Cutter:
    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        self._breaks = [at for at, character in enumerate(text) if character == "\n"]
        self._words = Words(text, begin)
        self._starts = Starts(self._words)

    def commands(self) -> list[Command]:
        pieces = list(self._pieces())
        tokens = self._words.tokens
        codes = [(tokens[each.begin].start, tokens[each.end - 1].end) for each in pieces]
        edges = margins_of(self._text, self._words, codes)
        scopes = Scopes()
        found: list[Command] = []
        block: list[Command] | None = None
        for piece, edge in zip(pieces, edges, strict=True):
            was_mutual = scopes.in_mutual
            command = self._command(piece, edge, scopes)
            if command.keyword == "mutual":
                block = [command]
            elif block is not None and was_mutual and command.keyword == "end":
                found.append(_block(block, command))
                block = None
            elif block is not None:
                block.append(command)
            else:
                found.append(command)
        if block is not None:
            raise LexicalError("A `mutual` block does not end.", block[0].line)
        return found

    def _pieces(self) -> Iterator[_Piece]:
        at = 0
        while at < len(self._words):
            begin, prefixes = at, []
            start = self._start(at, first=True)
            end, leads_on = self._end(start)
            while leads_on:
                prefixes.append(span_of(self._words, start.begin, end))
                start = self._start(end, first=True)
                end, leads_on = self._end(start)
            yield _Piece(begin, end, start, tuple(prefixes))
            at = end

    def _start(self, at: int, *, first: bool) -> Start:
        start = self._starts.at(at, first=first, inside=False) if at < len(self._words) else None
        if start is None:
            token = self._words.tokens[min(at, len(self._words) - 1)]
            raise LexicalError(f"`{token.text[:40]}` begins no command that is known here.", token.line)
        return start

    def _end(self, start: Start) -> tuple[int, bool]:
        """Where a command ends, and whether by ``in``, so that it belongs to the next."""
        if start.keyword == "/-!":
            return start.after, False
        if start.keyword == "#exit":
            return len(self._words), False
        words, inside = self._words, start.keyword in DECLARATIONS
        for at in range(start.after, len(words)):
            if words.depth[at]:
                continue
            if words.text(at) == "in" and not inside and self._leads_on(start, at):
                return at + 1, True
            if self._starts.at(at, first=False, inside=inside) is not None:
                return at, False
            if words.doubtful(at) and at > start.after:
                raise LexicalError(
                    f"`{words.text(at)[:40]}` may begin a command or continue the last; indent it if it does that.",
                    words.tokens[at].line,
                )
        return len(words), False

    def _leads_on(self, start: Start, at: int) -> bool:
        known = start.keyword in _PREFIXING
        if not known and not start.keyword.startswith("#"):
            return False
        return known or (at + 1 < len(self._words) and self._starts.at(at + 1, first=True, inside=False) is not None)

    def _command(self, piece: _Piece, edge: tuple[int, int], scopes: Scopes) -> Command:
        words, start = self._words, piece.start
        keyword, line = start.keyword, words.tokens[start.after - 1].line
        namespace = scopes.namespace
        is_declaration = keyword in DECLARATIONS
        names = names_of(words, keyword, start.after, piece.end, scopes) if is_declaration else ()
        follow(scopes, keyword, words.text(start.after) if start.after < piece.end else "", line)
        body = None
        if is_declaration:
            named = name_at(words, keyword, start.after, piece.end)
            body = body_of(words, start.after if named is None else named, piece.end)
        return Command(
            self._span(*edge), span_of(words, piece.begin, piece.end), keyword, line, namespace, names,
            piece.prefixes, start.modifiers, start.attributes, start.documentation, body,
        )  # fmt: skip

    def _span(self, start: int, end: int) -> Span:
        return Span(
            start, end, bisect_left(self._breaks, start) + 1, bisect_left(self._breaks, max(start, end - 1)) + 1
        )


def follow(scopes: Scopes, keyword: str, name: str, line: int) -> None:
    """Enter or leave a scope, as a command does.

    Raises:
        LexicalError: when an ``end`` does not fit.
    """
    if keyword in ("namespace", "section", "mutual"):
        scopes.enter(keyword, "" if keyword == "mutual" else name, line)
    elif keyword == "end":
        scopes.leave(name, line)


def _block(block: list[Command], end: Command) -> Command:
    first = block[0]
    return Command(
        Span(first.span.start, end.span.end, first.span.line, end.span.last_line),
        Span(first.code.start, end.code.end, first.code.line, end.code.last_line),
        "mutual", first.line, first.namespace, tuple(name for each in block[1:] for name in each.names),
        first.prefixes, first.modifiers, first.attributes, first.documentation, None, tuple(block[1:]),
    )  # fmt: skip
