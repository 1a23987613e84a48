"""Which namespaces and sections are open at a place in a Lean file, and what a name written there is in full."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from checker.source.lexer import LexicalError

_PART = re.compile(r"«[^«»]*»|[^.«»]+")
_PLAIN = re.compile(r"[^\W\d][\w'!?]*")
ROOT: Final = "_root_"


def parts_of(name: str) -> tuple[str, ...]:
    """A name's parts, in one spelling: guillemets only where they are needed."""
    return tuple(_one(part) for part in _PART.findall(name))


def _one(part: str) -> str:
    inner = part.removeprefix("«").removesuffix("»")
    return inner if _PLAIN.fullmatch(inner) else part


@dataclass
class Scopes:
    """What is open; each part of ``namespace A.B`` is a scope of its own."""

    _open: list[tuple[str, str]] = field(default_factory=list)
    _namespaces: list[str] = field(default_factory=lambda: [""])

    @property
    def namespace(self) -> str:
        """The namespace that is open."""
        return self._namespaces[-1]

    @property
    def in_mutual(self) -> bool:
        """Whether a ``mutual`` block is open."""
        return bool(self._open) and self._open[-1][0] == "mutual"

    def full(self, name: str) -> str:
        """The full name of what is declared as ``name`` here."""
        parts = parts_of(name)
        if parts[0] == ROOT:
            return ".".join(parts[1:])
        return ".".join(part for part in (self.namespace, *parts) if part)

    def enter(self, kind: str, name: str, line: int) -> None:
        """Open a namespace, section or mutual block.

        Raises:
            LexicalError: inside a mutual block.
        """
        if self.in_mutual:
            raise LexicalError(f"`{kind}` stands inside `mutual`; end the block first.", line)
        if kind == "namespace" and not name:
            raise LexicalError("A namespace has no name.", line)
        for part in parts_of(name) or ("",):
            self._open.append((kind, part))
            outer = self._namespaces[-1]
            self._namespaces.append(".".join(each for each in (outer, part) if each) if kind == "namespace" else outer)

    def leave(self, name: str, line: int) -> None:
        """Close what ``end`` closes.

        Raises:
            LexicalError: when that is not what is open.
        """
        parts = parts_of(name) or ("",)
        if tuple(each for _, each in self._open[-len(parts) :]) != parts:
            raise LexicalError(f"`{f'end {name}'.strip()}` does not close what is open.", line)
        del self._open[-len(parts) :], self._namespaces[-len(parts) :]
