"""Where each node's Lean lives that has none yet: one node, one module, by a rule anybody can apply by hand.

A node of the chapter *The natural numbers* with the Lean name ``Arithmetic.add_comm`` lives in
``Arithmetic.TheNaturalNumbers.AddComm``: the library, the chapter's words, the words of the name's last part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import path_of
from coordinator.errors import BookError

if TYPE_CHECKING:
    from blueprint import Blueprint, Node

_WORD = re.compile(r"[A-Za-z0-9]+")
_NO_WORDS = re.compile(r"\$[^$]*\$|\\[A-Za-z]+\*?|[{}~]")
_LEAN_NAME = re.compile(r"^[^\W\d][\w'!?]*(\.[^\W\d][\w'!?]*)*$")


@dataclass(frozen=True, slots=True)
class Home:
    """A node's place in Lean: its module and the full name of its declaration."""

    module: str
    declaration: str

    @property
    def path(self) -> str:
        """The module's file, relative to the repository."""
        return path_of(self.module)


def plan_homes(blueprint: Blueprint, library: str) -> dict[str, Home]:
    r"""Gives every node of the book its home, by label.

    No two share one that is made for them: the second of two equal names gets ``2``, and so on, in the book's order.

    Raises:
        BookError: a ``\lean`` name is no Lean name, or two nodes share one.
    """
    homes: dict[str, Home] = {}
    chapters = [_capital(_camel(_NO_WORDS.sub(" ", each.title)) or "Main") for each in blueprint.chapters]
    modules: set[str] = set()
    owners: dict[str, Node] = {}
    for node in blueprint.nodes:
        declaration = _declaration(node, library)
        if declaration in owners:
            raise BookError(
                f"{node.place}: `{declaration}` is already the Lean name of {owners[declaration].label} "
                f"({owners[declaration].place}); give one of them another \\lean name."
            )
        owners[declaration] = node
        stem = f"{library}.{chapters[node.chapter]}.{_capital(_camel(declaration.rsplit('.', 1)[-1]) or 'Node')}"
        module = _fresh(stem, modules)
        modules.add(module.lower())
        homes[node.label] = Home(module, declaration)
    return homes


def _declaration(node: Node, library: str) -> str:
    if not node.lean:
        return f"{library}.{'_'.join(_WORD.findall(node.label)) or 'node'}"
    name: str = node.lean[0]
    if not _LEAN_NAME.match(name):
        raise BookError(f"{node.place}: `{name}` in \\lean is no name Lean can declare.")
    return name


def _camel(text: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in _WORD.findall(text))


def _capital(name: str) -> str:
    return name if name[0].isalpha() else f"N{name}"


def _fresh(stem: str, taken: set[str]) -> str:
    """`stem`, or `stem` with the first number that makes it new; case-blind, for file systems that are."""
    module, count = stem, 1
    while module.lower() in taken:
        count += 1
        module = f"{stem}{count}"
    return module
