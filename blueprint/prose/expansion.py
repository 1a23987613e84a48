"""The book's macros put in, in text and in formulas that the formula writer cannot expand by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor
from blueprint.latex.macros import Macro, is_edge

if TYPE_CHECKING:
    from blueprint.book import Blueprint

MOST_EXPANSIONS = 2_000
"""Expansions in one text; a macro may stand for itself."""

LONGEST = 200_000
"""Characters that one text may grow to."""

_PARAMETER = re.compile(r"#([1-9#])")
_COMMAND = re.compile(r"\\([A-Za-z@]++|.)", re.DOTALL)
_ENDS_IN_WORD = re.compile(r"\\[A-Za-z@]+$")


class ExpansionError(Exception):
    """A macro stands for itself, or for too much."""


class Expander:
    """Expands the macros of one book."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.macros = {
            name: Macro(arguments, body, blueprint.defaults.get(name))
            for name, (arguments, body) in blueprint.macros.items()
        }
        edges = [name for name, macro in self.macros.items() if not macro.arguments and is_edge(macro.body)]
        names = "|".join(sorted((name for name in edges if name.isalpha()), key=len, reverse=True))
        self._edges = re.compile(rf"\\({names})(?![A-Za-z@])") if names else None

    def put_in_edges(self, tex: str) -> str:
        r"""Put in the macros that stand for a ``\begin`` or an ``\end``, so that environments can be paired."""
        return self._edges.sub(lambda match: self.macros[match[1]].body, tex) if self._edges else tex

    def call(self, name: str, cursor: Cursor, at: int) -> tuple[str, int] | None:
        """Return what one call stands for, its own macros unexpanded, and the offset behind its arguments.

        Args:
            name: a macro of the book.
            cursor: on the text the call stands in.
            at: offset just behind the macro's name.

        Returns:
            ``None`` where an argument is missing.
        """
        macro = self.macros[name]
        arguments: list[str] = []
        if macro.default is not None:
            option = cursor.option(at)
            arguments.append(option.text if option else macro.default)
            at = option.end if option else at
        while len(arguments) < macro.arguments:
            found = _argument(cursor, at)
            if found is None:
                return None
            arguments.append(found[0])
            at = found[1]
        body = substitute(macro.body, arguments)
        following = cursor.text[at : at + 1]
        if _ENDS_IN_WORD.search(body[-60:]) and following.isalpha():
            body += " "
        return body, at

    def expand(self, tex: str) -> str:
        """Return a text with all macros expanded, those that they stand for too.

        Raises:
            ExpansionError: it would take more than `MOST_EXPANSIONS` or grow beyond `LONGEST`.
        """
        for _ in range(MOST_EXPANSIONS):
            expanded, changed = self._expand_once(tex)
            if not changed:
                return expanded
            tex = expanded
        raise ExpansionError("A macro stands for itself.")

    def _expand_once(self, tex: str) -> tuple[str, int]:
        """Expand the outermost calls of a text, from left to right."""
        cursor = Cursor(tex)
        parts: list[str] = []
        length = last = calls = 0
        at = 0
        while match := _COMMAND.search(tex, at):
            at = match.end()
            if match[1] not in self.macros:
                continue
            call = self.call(match[1], cursor, at)
            if call is None:
                continue
            parts += [tex[last : match.start()], call[0]]
            length += len(parts[-1]) + len(parts[-2])
            last = at = call[1]
            calls += 1
            if calls > MOST_EXPANSIONS or length > LONGEST:
                raise ExpansionError("A macro stands for too much.")
        return "".join(parts) + tex[last:], calls


def substitute(body: str, arguments: list[str]) -> str:
    """Return a macro's body with its arguments put in; a parameter that the macro does not have stays."""
    if "#" not in body:
        return body

    def put_in(match: re.Match[str]) -> str:
        if match[1] == "#":
            return "#"
        index = int(match[1]) - 1
        return arguments[index] if index < len(arguments) else match[0]

    return _PARAMETER.sub(put_in, body)


def _argument(cursor: Cursor, at: int) -> tuple[str, int] | None:
    """Find a macro's argument: a group, a command, or one character."""
    group = cursor.group(at)
    if group:
        return group.text, group.end
    at = cursor.skip_blank(at)
    command = cursor.command(at)
    if command and cursor.text.startswith("\\", at):
        return f"\\{command.text}", command.end
    character = cursor.text[at : at + 1]
    return (character, at + 1) if character and character not in "{}" else None
