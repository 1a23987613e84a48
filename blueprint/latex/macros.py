r"""The book's own commands: what ``\newcommand`` and its kin define."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.latex.token import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.latex.token import Token

_PARAMETERS = re.compile(r"(?:#[1-9])*")
EDGE = re.compile(r"\\(begin|end)\s*\{([^{}\\\n]*)\}")
BEGIN = re.compile(r"\\(begin)\s*\{([^{}\\\n]*)\}")
_NAME = re.compile(r"[A-Za-z@]+|[^A-Za-z@]")
_SPECIFIERS = re.compile(r"[mo]|O\s*\{([^{}]*)\}|s")

MOST_ARGUMENTS = 9
"""TeX has no more."""

_KEPT = frozenset({"leanok", "begin", "end", "item", *SIGNATURES})
"""Structural commands: a redefinition for print must not take them away from the reader."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One command of the book.

    Attributes:
        arguments: how many it takes, the optional one among them.
        body: what it stands for, with ``#1`` to ``#9`` for the arguments.
        default: what the first argument is when its option is left out; ``None`` where it is not optional.
    """

    arguments: int
    body: str
    default: str | None = None


def is_edge(body: str) -> bool:
    r"""Whether a macro's body begins or ends environments without also doing the other."""
    marks = [match[1] for match in EDGE.finditer(body)]
    return bool(marks) and marks.count("begin") != marks.count("end")


class MacroTable:
    r"""The commands defined so far, by name without backslash.

    Attributes:
        macros: all of them.
        environments: names of the environments that the book defines.
        wrappers: those that only dress up another environment, to that one's name.
        edges: commands without arguments that stand for ``\begin`` or ``\end`` of environments, to what they are.
    """

    def __init__(self) -> None:
        self.macros: dict[str, Macro] = {}
        self.environments: set[str] = set()
        self.wrappers: dict[str, str] = {}
        self.edges: dict[str, str] = {}
        self._readers: dict[str, Callable[[Token], None]] = {
            "newcommand": self._command,
            "renewcommand": self._command,
            "providecommand": self._provided,
            "DeclareRobustCommand": self._command,
            "NewDocumentCommand": self._document_command,
            "RenewDocumentCommand": self._document_command,
            "ProvideDocumentCommand": self._document_command,
            "DeclareDocumentCommand": self._document_command,
            "DeclareMathOperator": self._operator,
            "DeclarePairedDelimiter": self._delimiters,
            "def": self._plain,
            "gdef": self._plain,
            "edef": self._plain,
            "let": self._alias,
            "newenvironment": self._environment,
            "renewenvironment": self._environment,
            "NewDocumentEnvironment": self._document_environment,
            "DeclareDocumentEnvironment": self._document_environment,
        }

    @property
    def commands(self) -> frozenset[str]:
        """Commands this table takes in."""
        return frozenset(self._readers)

    def take(self, token: Token) -> None:
        """Take in one definition."""
        self._readers[token.name](token)

    def _define(self, name: str, macro: Macro) -> None:
        if name not in _KEPT and _NAME.fullmatch(name):
            self.macros[name] = macro
            self._note_edge(name, macro)

    def _note_edge(self, name: str, macro: Macro) -> None:
        """Keep account of the commands that begin and end environments."""
        edge = macro.body if not macro.arguments and name.isalpha() and is_edge(macro.body) else None
        if edge is None:
            self.edges.pop(name, None)
        else:
            self.edges[name] = edge

    def _command(self, token: Token) -> None:
        _, name, count, default, body = token.arguments
        number = int(count) if count and count.strip().isdecimal() else 0
        if number <= MOST_ARGUMENTS:
            self._define(name or "", Macro(number, body or "", default))

    def _provided(self, token: Token) -> None:
        if token.argument(1) not in self.macros:
            self._command(token)

    def _document_command(self, token: Token) -> None:
        name, specifiers, body = (text or "" for text in token.arguments)
        kinds = list(_SPECIFIERS.finditer(specifiers))
        tail = [kind[0] for kind in kinds[1:]]
        if any(kind != "m" for kind in tail) or len(kinds) > MOST_ARGUMENTS:
            return
        first = kinds[0][0] if kinds else ""
        if first != "s":
            default = None if first in {"", "m"} else kinds[0][1] or ""
            self._define(name, Macro(len(kinds), body, default))

    def _operator(self, token: Token) -> None:
        star, name, body = (text or "" for text in token.arguments)
        self._define(name, Macro(0, f"\\operatorname{star}{{{body}}}"))

    def _delimiters(self, token: Token) -> None:
        name, left, right = (text or "" for text in token.arguments)
        self._define(name, Macro(1, f"{left} #1 {right}"))

    def _plain(self, token: Token) -> None:
        name, parameters, body = (text or "" for text in token.arguments)
        if _PARAMETERS.fullmatch(parameters):
            self._define(name, Macro(parameters.count("#"), body))

    def _alias(self, token: Token) -> None:
        name, target = token.argument(0), token.argument(-1)
        if name != target:
            self._define(name, self.macros.get(target, Macro(0, f"\\{target}")))

    def _environment(self, token: Token) -> None:
        self._wrap(token.argument(1).strip(), token.argument(4))

    def _document_environment(self, token: Token) -> None:
        self._wrap(token.argument(0).strip(), token.argument(2))

    def _wrap(self, name: str, opening: str) -> None:
        self.environments.add(name)
        inner = BEGIN.search(opening)
        if inner and inner[2] != name:
            self.wrappers[name] = inner[2]
