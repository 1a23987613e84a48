"""What a draft proposes: labels, Lean names and dependencies, each with the reason it was inferred from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from blueprint.node import Place

Part = Literal["statement", "proof"]
"""Which part of a node uses another node."""

Rule = Literal["reference", "number", "title", "term", "notation", "order"]
"""What a dependency was inferred from: a reference, a printed number, a title, a defined term or symbol, the order."""


@dataclass(frozen=True, slots=True)
class ProposedName:
    """A label or a Lean name for a node that has none.

    Attributes:
        name: what is proposed; no other label, or Lean name, of the book is like it.
        place: where the statement begins.
        reason: what it was made of, a sentence.
    """

    name: str
    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class ProposedEdge:
    """A dependency that the book suggests.

    Attributes:
        source: label of the prerequisite, a proposed one where it had none.
        target: label of the node that uses it, likewise.
        part: whether its statement or its proof does.
        rule: what it was inferred from.
        reason: the same as a sentence, with file and line.
        place: where the reason stands in the book.
    """

    source: str
    target: str
    part: Part
    rule: Rule
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class NodeDraft:
    """What is proposed for one node.

    Attributes:
        label: its label in the drafted book.
        heading: how a reader calls it, such as ``Lemma 3.2``.
        place: where its statement begins.
        proof_place: where its proof begins; ``None`` where it has none.
        new_label: a label, where it has none that can be named.
        lean: a Lean name, where it has none.
        statement_uses: what its statement uses, where the author says nothing of that.
        proof_uses: what its proof uses, likewise.
    """

    label: str
    heading: str
    place: Place
    proof_place: Place | None
    new_label: ProposedName | None
    lean: ProposedName | None
    statement_uses: tuple[ProposedEdge, ...] = ()
    proof_uses: tuple[ProposedEdge, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is proposed."""
        return not (self.new_label or self.lean or self.statement_uses or self.proof_uses)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is proposed for a book.

    Invariants: together with the dependencies that the book itself names, the proposed ones form no circle that the
    book does not have already; none leads from a node to itself; a proposed one that runs against the order of
    the book comes from an explicit reference.

    Attributes:
        nodes: one for each node of the book, in its order.
        kinds: names of the environments that hold them, sorted.
    """

    nodes: tuple[NodeDraft, ...]
    kinds: tuple[str, ...] = ()

    @property
    def edges(self) -> tuple[ProposedEdge, ...]:
        """All proposed dependencies, in the order of the nodes that use them."""
        return tuple(edge for node in self.nodes for edge in (*node.statement_uses, *node.proof_uses))

    @property
    def labels(self) -> tuple[ProposedName, ...]:
        """All proposed labels."""
        return tuple(node.new_label for node in self.nodes if node.new_label)

    @property
    def lean_names(self) -> tuple[ProposedName, ...]:
        """All proposed Lean names."""
        return tuple(node.lean for node in self.nodes if node.lean)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is proposed."""
        return all(node.is_empty for node in self.nodes)
