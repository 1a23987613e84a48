"""A Lean file as a row of pieces that a merge may keep, drop or reorder: commands, and comments between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from checker.source.changes import words_of
from checker.source.force import SCOPED, Force, Words, end_parts
from checker.source.lexer import all_tokens
from checker.source.outline import outline_of
from checker.source.scope import parts_of
from checker.source.words import DECLARATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.source.command import Command
    from checker.source.header import Import
    from checker.source.outline import Outline

NOTE: Final = "note"
"""The keyword of a comment that stands between commands and belongs to none."""
_SPACE: Final = " \t\r\n"
_OPENERS: Final = frozenset({"namespace", "section"})
_OFFSHOOTS: Final = frozenset(
    {"alias", "irreducible_def", "proof_wanted", "simproc", "dsimproc", "simproc_decl", "dsimproc_decl"}
)
"""Commands that declare names, and are no declarations to the outline."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A command with its comments, or a comment between two.

    Attributes:
        keyword: the command's, or `NOTE`.
        lead: the white space before it.
        text: all of it.
        line: 1-based line where it stands.
        names: what it declares, in full; for a ``mutual`` block, what its members declare.
        words: what Lean reads of it; empty for what is told apart by name.
        force: what is in force there.
        scope: index of the piece that opens the innermost scope around it; -1 outside all.
        closes: for an ``end``: each scope it closes, as the index of the piece that opens it and which part of it.
        command: for a command: as it was cut, its offsets relative to `text` by ``start``.
        start: offset of `text` in the file.
        offshoots: for an ``alias`` and the like: what it declares, in full.
    """

    keyword: str
    lead: str
    text: str
    line: int
    names: tuple[str, ...] = ()
    words: Words = ()
    force: bytes = b""
    scope: int = -1
    closes: tuple[tuple[int, int], ...] = ()
    command: Command | None = None
    start: int = 0
    offshoots: tuple[str, ...] = ()

    @property
    def declares(self) -> tuple[str, ...]:
        """All names that Lean would know by it."""
        return self.names or self.offshoots

    @property
    def name(self) -> str:
        """The full name it is known by; empty for what has none."""
        return self.names[0] if self.names else ""

    @property
    def opens(self) -> bool:
        """Whether it opens a scope that has an ``end``."""
        return self.keyword in _OPENERS

    @property
    def is_comment(self) -> bool:
        """Whether Lean reads nothing of it."""
        return self.keyword in (NOTE, "/-!")

    @property
    def changes_force(self) -> bool:
        """Whether it is there for what follows it."""
        return self.keyword in SCOPED or self.opens or self.keyword == "end"

    @property
    def is_settled(self) -> bool:
        """Whether what it says depends on what is in force."""
        return not self.is_comment and not self.changes_force

    @property
    def begins_with_comment(self) -> bool:
        """Whether its first characters are a comment, which would join a comment right above it."""
        return self.text.startswith("--") or (self.text.startswith("/-") and self.text[2:3] not in ("-", "!"))


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A Lean file, in pieces.

    Attributes:
        text: all of it.
        header: ``module`` and imports, up to the end of their last line.
        imports: the imports that are written there.
        is_module: whether it begins with ``module``.
        pieces: in order.
        tail: the white space after the last.
        named: index of each piece that has a name, by that name.
        twice: names that are declared more than once.
        declared: all names that Lean would know by it.
    """

    text: str
    header: str
    imports: tuple[Import, ...]
    is_module: bool
    pieces: tuple[Piece, ...]
    tail: str
    named: dict[str, int] = field(default_factory=dict)
    twice: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()


def pieces_of(text: str) -> Pieces:
    """Cut a Lean file into pieces; header, leads, texts and tail join to it exactly.

    Raises:
        LexicalError: where it cannot be cut with certainty.
    """
    outline = outline_of(text)
    end = _header_end(outline)
    pieces = list(_cut(outline, end))
    last = pieces[-1].start + len(pieces[-1].text) if pieces else end
    header = outline.header
    named: dict[str, int] = {}
    twice: list[str] = []
    for at, piece in enumerate(pieces):
        for name in piece.names:
            if name in named:
                twice.append(name)
            named[name] = at
    declared = frozenset(name for piece in pieces for name in piece.declares)
    return Pieces(
        text, text[:end], header.written, header.is_module, tuple(pieces), text[last:], named, tuple(twice), declared
    )


def _header_end(outline: Outline) -> int:
    """Where the header's last line ends, its comment included, unless a command begins on it."""
    text, end = outline.text, outline.header.end
    if not end:
        return 0
    following = outline.commands[0].span.start if outline.commands else len(text)
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    for token in all_tokens(text[end:following]):
        if end + token.start >= stop:
            break
        stop = max(stop, end + token.end)
    return end + len(text[end : min(stop, following)].rstrip(_SPACE))


def _cut(outline: Outline, at: int) -> Iterator[Piece]:
    text, force = outline.text, Force(is_module=outline.header.is_module)
    open_scopes: list[tuple[int, int]] = []
    index, line = 0, 1 + text.count("\n", 0, at)
    for command in (*outline.commands, None):
        until = len(text) if command is None else command.span.start
        for start, end in _notes(text, at, until):
            line += text.count("\n", at, start)
            scope = open_scopes[-1][0] if open_scopes else -1
            yield Piece(NOTE, text[at:start], text[start:end], line, scope=scope, start=start)
            line += text.count("\n", start, end)
            at, index = end, index + 1
        if command is not None:
            yield _piece(text, at, command, force, open_scopes, index)
            line += text.count("\n", at, command.span.end)
            at, index = command.span.end, index + 1


def _notes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where comments stand in a gap; those that no blank line parts are one."""
    if not text[start:end].strip(_SPACE):
        return
    begin = last = -1
    for token in all_tokens(text[start:end]):
        if begin >= 0 and text.count("\n", start + last, start + token.start) > 1:
            yield start + begin, start + last
            begin = -1
        begin = token.start if begin < 0 else begin
        last = token.end
    if begin >= 0:
        yield start + begin, start + last


def _piece(text: str, at: int, command: Command, force: Force, scopes: list[tuple[int, int]], index: int) -> Piece:
    span, keyword = command.span, command.keyword
    names = command.names if keyword in DECLARATIONS or keyword == "mutual" else ()
    words = () if names or keyword == "/-!" else words_of(command.code.of(text))
    closes: tuple[tuple[int, int], ...] = ()
    scope = scopes[-1][0] if scopes else -1
    here = force.now
    if not names:
        before = force.depth
        force.follow(keyword, words, command.line)
        if keyword in _OPENERS:
            scopes += [(index, part) for part in range(force.depth - before)]
        elif keyword == "end":
            count = len(end_parts(words))
            closes = tuple(scopes[-count:])
            del scopes[-count:]
    return Piece(
        keyword, text[at : span.start], span.of(text), command.line, names, words, here, scope, closes, command,
        span.start, _offshoots(command, words),
    )  # fmt: skip


def _offshoots(command: Command, words: Words) -> tuple[str, ...]:
    if command.keyword not in _OFFSHOOTS or command.keyword not in words:
        return ()
    found: list[str] = []
    for word in words[words.index(command.keyword) + 1 :]:
        if word in (":", "(", "←") or (found and command.keyword != "alias"):
            break
        if word[0].isalpha() or word[0] in "_«":
            found.append(".".join(parts_of(f"{command.namespace}.{word}" if command.namespace else word)))
    return tuple(found)
