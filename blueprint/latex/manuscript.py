"""The running text of the book: what is left when marks and comments are taken out, cut into passages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.drafts import PassageDraft

if TYPE_CHECKING:
    from blueprint.latex.drafts import Location, StatementDraft

_MARGIN = 200
_EMPTY_LINES = re.compile(r"\n[ \t]*+\n(?:[ \t]*+\n)++")
_REST_OF_LINE = re.compile(r"[ \t]*+\n?")
_BLANKS = re.compile(r"[ \t]*+")


def tidy(tex: str) -> str:
    """Return text without blanks at its ends and with no more than one empty line between paragraphs."""
    return _EMPTY_LINES.sub("\n\n", tex).strip()


class Manuscript:
    """Collects the text of the book piece by piece while it is being read.

    Attributes:
        pieces: text since the last passage ended.
        equations: printed numbers that stand in it without a label, and how many pieces there were before each.
        passages: finished stretches.
        is_open: whether text is collected; it is not in the preamble.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.equations: list[tuple[int, str]] = []
        self.passages: list[PassageDraft] = []
        self.is_open = False
        self._text = ""
        self._last = 0

    def turn_to(self, text: str, at: int) -> tuple[str, int]:
        """Go on reading at an offset of a text; return what to hand back in to return."""
        before = (self._text, self._last)
        self._text, self._last = text, at
        return before

    def copy_to(self, offset: int) -> None:
        """Take in the text up to an offset."""
        if offset > self._last:
            if self.is_open:
                self.pieces.append(self._text[self._last : offset])
            self._last = offset

    def skip_to(self, offset: int) -> None:
        """Leave out the text up to an offset."""
        self._last = max(self._last, offset)

    def cut(self, start: int, end: int) -> None:
        """Leave out what stands between two offsets."""
        self.copy_to(start)
        self.skip_to(end)

    def cut_mark(self, start: int, end: int) -> None:
        """Leave out a mark, and its line where nothing else stands in it, so that no paragraph ends there."""
        self.copy_to(start)
        pattern = _REST_OF_LINE if self._starts_line(start) else _BLANKS
        rest = pattern.match(self._text, end)
        self.skip_to(rest.end() if rest else end)

    def _starts_line(self, start: int) -> bool:
        if start and self._text[start - 1] == "\n":
            return True
        left = max(0, start - _MARGIN)
        line = self._text.rfind("\n", left, start) + 1
        if line or not left:
            before = self._text[line:start]
            if not before or before.isspace():
                return True
        tail = "".join(self.pieces[-3:])[-_MARGIN:].rstrip(" \t")
        return not tail or tail.endswith("\n")

    def tail(self) -> str:
        """Return the last text collected, enough to tell whether a paragraph ended."""
        return "".join(self.pieces[-6:])[-_MARGIN:]

    def end_prose(self, at: Location) -> None:
        """Make a passage of the text collected, unless it is blank."""
        tex = tidy("".join(self.pieces))
        equations = self.equations_since(0)
        self.pieces.clear()
        self.equations.clear()
        if tex.strip():
            self.passages.append(PassageDraft(at, tex, equations=equations))

    def drop_blanks(self) -> bool:
        """Leave out the text since the last passage if it is blank, and return whether none is left."""
        if not any(piece.strip() for piece in self.pieces):
            self.pieces.clear()
        return not self.pieces

    def take_body(self, piece: int) -> str:
        """Return the text collected since a piece, leaving it in."""
        return tidy("".join(self.pieces[piece:]))

    def drop_body(self, piece: int) -> None:
        """Leave out the text collected since a piece."""
        del self.pieces[piece:]
        if self.equations:
            self.equations = [equation for equation in self.equations if equation[0] < piece]

    def add_equation(self, number: str) -> None:
        """Take in a printed number that has no label."""
        self.equations.append((len(self.pieces), number))

    def equations_since(self, piece: int) -> list[str]:
        """Return the numbers without label that stand in the text since a piece."""
        return [number for at, number in self.equations if at >= piece] if self.equations else []

    def add_statement(self, statement: StatementDraft) -> None:
        """Put a node where the book has it."""
        self.passages.append(PassageDraft(statement.at, statement=statement))
