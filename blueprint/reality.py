"""What the nodes of a book really rest on: read from Lean, through helper lemmas that are no nodes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.evidence import SORRY
from blueprint.links import Link, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blueprint.book import Blueprint
    from blueprint.evidence import Evidence
    from blueprint.node import Node

_PARTS_OF_A_TYPE = frozenset({"constructor", "recursor"})


@dataclass(frozen=True, slots=True)
class Reached:
    """What one part of a node mentions in Lean.

    Attributes:
        nodes: labels of nodes, in the order found, each with the helpers on the way: names of declarations that are no
            nodes, from the node outwards; none where it is mentioned directly.
        open: whether ``sorryAx`` is mentioned on the way, so that there may be more to come.
    """

    nodes: Mapping[str, tuple[str, ...]]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Real:
    """What a node mentions in Lean: in its statement (a definition: in all of it), and in its proof."""

    statement: Reached
    proof: Reached


class Reality:
    r"""What Lean says of a book's nodes.

    A declaration belongs to the nodes whose ``\lean`` names it, and a constructor or recursor to the node of its type.

    Attributes:
        book: the book.
        evidence: what Lean says.
        declarations: by label, those names of the node's ``\lean`` that Lean has; nodes without any are left out.
        nodes: by label, what each of these nodes mentions.
    """

    def __init__(self, book: Blueprint, evidence: Evidence) -> None:
        self.book = book
        self.evidence = evidence
        self.declarations: dict[str, tuple[str, ...]] = {}
        self._owners: dict[str, tuple[str, ...]] = {}
        for node in book.nodes:
            names = tuple(name for name in names_of(node) if name in evidence.declarations)
            if names:
                self.declarations[node.label] = names
            for name in names:
                self._owners[name] = (*self._owners.get(name, ()), node.label)
        self.nodes = {node.label: self._real(node) for node in book.nodes if node.label in self.declarations}

    def owners(self, name: str) -> tuple[str, ...]:
        """Return the labels of the nodes a declaration belongs to, in the order of the book."""
        found = self._owners.get(name, ())
        declaration = self.evidence.declarations.get(name)
        if not found and declaration is not None and declaration.kind in _PARTS_OF_A_TYPE:
            return self._owners.get(name.rpartition(".")[0], ())
        return found

    def links(self) -> tuple[Link, ...]:
        """Return the dependencies that Lean shows, as edges between nodes, users in the order of the book."""
        found = []
        for label, real in self.nodes.items():
            for source in dict.fromkeys((*real.statement.nodes, *real.proof.nodes)):
                part = part_of(source in real.statement.nodes, source in real.proof.nodes)
                found.append(Link(source, label, part, "lean"))
        return tuple(found)

    def _real(self, node: Node) -> Real:
        known = self.evidence.declarations
        statement: list[str] = []
        proof: list[str] = []
        for name in self.declarations[node.label]:
            statement += known[name].type_uses
            (statement if node.is_definition else proof).extend(known[name].value_uses)
        return Real(
            self._walk(node.label, statement, proofs=False),
            self._walk(node.label, proof, proofs=True),
        )

    def _walk(self, own: str, start: Iterable[str], *, proofs: bool) -> Reached:
        """Follow what is mentioned up to the first declarations of other nodes.

        Args:
            own: label of the node; what belongs to it is walked through.
            start: names to begin with.
            proofs: whether to look into the proofs of helper lemmas: a statement does not depend on them.
        """
        found: dict[str, tuple[str, ...]] = {}
        seen = dict.fromkeys(start)
        waiting: deque[tuple[str, tuple[str, ...]]] = deque((name, ()) for name in seen)
        while waiting:
            name, way = waiting.popleft()
            owners = self.owners(name)
            if owners and own not in owners:
                for label in owners:
                    found.setdefault(label, way)
                continue
            declaration = self.evidence.declarations.get(name)
            if declaration is not None:
                step = way if owners else (*way, name)
                for each in declaration.uses if proofs else declaration.meaning_uses:
                    if each not in seen:
                        seen[each] = None
                        waiting.append((each, step))
        return Reached(found, SORRY in seen)


def names_of(node: Node) -> tuple[str, ...]:
    r"""Return the Lean names a node gives, in its statement and in its proof."""
    return tuple(dict.fromkeys((*node.lean, *(node.proof.lean if node.proof else ()))))
