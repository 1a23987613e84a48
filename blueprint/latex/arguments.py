"""Arguments of TeX commands: stars, ``[options]``, ``{groups}`` and control sequences, found by offset.

A `Cursor` belongs to one text. Its work is linear in the length of the text however often it is asked and
however badly braces are balanced: a short slow search per question at first, and once these have used up
the text's budget, one pass that pairs all braces of the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BLANK = re.compile(r"[ \t]*+(?:%[^\n]*+\n[ \t]*+)*+(?:\n[ \t]*+(?:%[^\n]*+\n[ \t]*+)*+)?+")
_PLAIN_GROUP = re.compile(r"\{([^{}\\%]*+)\}")
_PLAIN_OPTION = re.compile(r"\[([^\[\]{}\\%]*+)\]")
_BRACES = re.compile(r"\\.|[{}]|%[^\n]*+", re.DOTALL)
_BRACKETS = re.compile(r"\\.|[{}\]]|%[^\n]*+|\n[ \t]*+\n", re.DOTALL)
_COMMAND = re.compile(r"\\([A-Za-z@]++|[^A-Za-z@])")
_BRACED_COMMAND = re.compile(r"\{\s*+\\([A-Za-z@]++|[^A-Za-z@])\s*+\}")
_COMMENTS = re.compile(r"(\\.)|%[^\n]*+\n?[ \t]*+", re.DOTALL)

LONGEST_OPTION = 4_000
"""Characters after which a ``[`` is taken to be text and not the start of an option."""

SLOW_STEPS = 20_000
"""Braces a cursor looks at one question at a time before it pairs all braces of the text at once."""


class Found(NamedTuple):
    """An argument: what it says, without comments, and the offset just behind it."""

    text: str
    end: int


def without_comments(tex: str) -> str:
    r"""Return ``tex`` without its comments; an escaped ``\%`` stays."""
    if "%" not in tex:
        return tex
    return _COMMENTS.sub(lambda match: match[1] or "", tex)


class Cursor:
    """Finds arguments in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = SLOW_STEPS
        self._pairs: dict[int, int] | None = None

    def skip_blank(self, at: int) -> int:
        """Return the offset behind blanks, comments and at most one line break."""
        match = _BLANK.match(self.text, at)
        return match.end() if match else at

    def star(self, at: int) -> Found | None:
        """Find a star that belongs to the command ending at ``at``."""
        return Found("*", at + 1) if self.text.startswith("*", at) else None

    def group(self, at: int) -> Found | None:
        """Find a ``{group}``, blanks before it allowed; ``None`` where there is none or it is not closed."""
        at = self.skip_blank(at)
        plain = _PLAIN_GROUP.match(self.text, at)
        if plain:
            return Found(plain[1], plain.end())
        if not self.text.startswith("{", at):
            return None
        end = self._closing_brace(at)
        return None if end is None else Found(without_comments(self.text[at + 1 : end]), end + 1)

    def raw_group(self, at: int) -> Found | None:
        """Find a group in which ``%`` is an ordinary character, as in the address of a link."""
        at = self.skip_blank(at)
        if not self.text.startswith("{", at):
            return None
        end = self.text.find("}", at, at + LONGEST_OPTION)
        return None if end < 0 else Found(self.text[at + 1 : end], end + 1)

    def option(self, at: int) -> Found | None:
        """Find an ``[option]``; it ends at the first ``]`` outside braces and never crosses a blank line."""
        start = self.skip_blank(at)
        plain = _PLAIN_OPTION.match(self.text, start)
        if plain:
            return Found(plain[1], plain.end()) if "\n\n" not in plain[1] else None
        if not self.text.startswith("[", start) or self._steps <= 0:
            return None
        end = self._closing_bracket(start)
        return None if end is None else Found(without_comments(self.text[start + 1 : end]), end + 1)

    def command(self, at: int) -> Found | None:
        r"""Find a control sequence, bare or in braces; what is found has no backslash."""
        at = self.skip_blank(at)
        match = _COMMAND.match(self.text, at) or _BRACED_COMMAND.match(self.text, at)
        return Found(match[1], match.end()) if match else None

    def until_group(self, at: int) -> Found | None:
        r"""Find what stands before the next brace: the parameter text of ``\def``, short and on one line."""
        end = self.text.find("{", at, at + 80)
        if end < 0 or "\n" in self.text[at:end]:
            return None
        return Found(self.text[at:end].strip(), end)

    def _closing_brace(self, at: int) -> int | None:
        if self._pairs is not None:
            return self._pairs.get(at)
        depth = 0
        for match in _BRACES.finditer(self.text, at):
            character = match[0]
            depth += (character == "{") - (character == "}")
            if depth == 0:
                return match.start()
            self._steps -= 1
            if self._steps <= 0:
                self._pairs = _pair_braces(self.text)
                return self._pairs.get(at)
        return None

    def _closing_bracket(self, at: int) -> int | None:
        depth = 0
        for match in _BRACKETS.finditer(self.text, at, at + LONGEST_OPTION):
            found = match[0]
            if found == "]" and depth == 0:
                return match.start()
            depth += (found == "{") - (found == "}")
            self._steps -= 1
            if depth < 0 or found[0] == "\n":
                return None
        return None


def _pair_braces(text: str) -> dict[int, int]:
    """Return the offset of the closing brace by the offset of the opening one, for all that are paired."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACES.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            pairs[opened.pop()] = match.start()
    return pairs
