"""Names for nodes that have none: labels that can be read, and Lean names."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from blueprint.draft.words import ascii_words
from blueprint.latex.names import name_set

if TYPE_CHECKING:
    from collections.abc import Collection

    from blueprint.book import Blueprint
    from blueprint.node import Node

_PREFIXES = {
    "theorem": "thm", "lemma": "lem", "proposition": "prop", "corollary": "cor", "definition": "def",
    "conjecture": "conj", "axiom": "ax",
}  # fmt: skip
_NAMEABLE = re.compile(r"[^\s,{}\\%#$^&~\[\]](?:[^,{}\\%#$^&~\[\]\n]*[^\s,{}\\%#$^&~\[\]])?")
_MOST_WORDS = 6
_LONGEST = 60
_KEYWORDS = name_set("""
    abbrev axiom by calc class def deriving do else end example exists extends forall from fun have if import
    in inductive infix instance lemma let macro match mutual namespace notation open opaque partial prefix
    private protected section show structure suffices syntax then theorem universe unsafe using variable where
    with noncomputable attribute return for try catch finally at
""")


def is_nameable(label: str) -> bool:
    r"""Whether a label can stand in the list of a ``\uses`` as it is."""
    return _NAMEABLE.fullmatch(label) is not None and "  " not in label


class LabelMaker:
    """Makes labels that the book does not have."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)
        self._counts: Counter[str] = Counter()

    def make(self, node: Node) -> tuple[str, str]:
        """Return a label for a node, and of what it was made."""
        prefix = _prefix(node)
        self._counts[prefix] += 1
        words = [word.lower() for word in ascii_words(node.title)[:_MOST_WORDS]]
        if words:
            base, origin = "-".join(words)[:_LONGEST], "its title"
        elif numbers := ascii_words(node.number):
            base, origin = "-".join(numbers)[:_LONGEST], "its number"
        else:
            base, origin = str(self._counts[prefix]), "its place among its kind"
        return self._unique(f"{prefix}:{base}"), origin

    def _unique(self, label: str) -> str:
        count, name = 1, label
        while name in self._taken:
            count += 1
            name = f"{label}-{count}"
        self._taken.add(name)
        return name


def _prefix(node: Node) -> str:
    known = _PREFIXES.get(node.heading.lower())
    if known:
        return known
    return "".join(ascii_words(node.kind)).lower()[:12] or "thm"


class LeanNamer:
    """Makes Lean names that differ in their last part, also where capitals and underscores do not count.

    One node becomes one module, named after the last part of its Lean name.
    """

    def __init__(self, book: Blueprint) -> None:
        names = [name for node in book.nodes for name in node.lean]
        self.namespace = _common_namespace(names) or _camel(ascii_words(book.title)[:3], first_upper=True) or "Book"
        if self.namespace[0].isdigit():
            self.namespace = f"Book{self.namespace}"
        self._taken = {_folded(name) for name in names}

    def make(self, node: Node, label: str) -> tuple[str, str]:
        """Return a Lean name for a node of a label, and of what it was made."""
        words, origin = ascii_words(node.title)[:_MOST_WORDS], "its title"
        if not words:
            words, origin = ascii_words(label.rsplit(":", 1)[-1].replace("_", " ")), "its label"
        if not words or words[0][0].isdigit():
            words = [*(ascii_words(node.heading) or ["statement"])[:1], *words]
        words = [word.lower() for word in words]
        name = _camel(words, first_upper=False) if node.is_definition else "_".join(words)
        name = name[:_LONGEST].rstrip("_")
        if name in _KEYWORDS:
            name += "Def" if node.is_definition else "_thm"
        count, unique = 1, name
        while _folded(unique) in self._taken:
            count += 1
            unique = f"{name}{count}" if node.is_definition and not name[-1].isdigit() else f"{name}_{count}"
        self._taken.add(_folded(unique))
        return f"{self.namespace}.{unique}", origin


def _folded(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", "").lower()


def _camel(words: list[str], *, first_upper: bool) -> str:
    camel = "".join(word[0].upper() + word[1:] for word in words)
    return camel if first_upper or not camel else camel[0].lower() + camel[1:]


def _common_namespace(names: list[str]) -> str:
    """Return the first part that most qualified names share, empty if there is none."""
    parts = Counter(name.split(".", 1)[0] for name in names if "." in name)
    namespace = parts.most_common(1)[0][0] if parts else ""
    return namespace if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", namespace) else ""
