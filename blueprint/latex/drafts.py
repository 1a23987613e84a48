"""Statements, proofs and divisions while the book is being read; they become nodes and chapters at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blueprint.node import Node, Place, Tag


class Mention(NamedTuple):
    r"""A name in a mark, such as one label of a ``\uses``, and where the mark stands."""

    name: str
    place: Place


@dataclass(slots=True, eq=False)
class Division:
    """A part, chapter, section or smaller: its level (-1 part, 0 chapter, 1 section …), number, title and label."""

    level: int
    number: str
    title: str
    label: str = ""


class Location(NamedTuple):
    """Where in the book something stands: how many chapters, sections and divisions of any level began before."""

    chapters: int
    sections: int
    divisions: int


@dataclass(slots=True, eq=False)
class MarkedDraft:
    """What statements and proofs have in common: a place, a title, a text and marks.

    Attributes:
        direct: marks that stand directly in the environment, not in an item or the like: name to the names in its last
            argument.
    """

    place: Place
    at: Location
    title: str = ""
    tex: str = ""
    uses: list[Mention] = field(default_factory=list)
    lean: list[Mention] = field(default_factory=list)
    leanok: bool = False
    tags: list[Tag] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    equations: Sequence[str] = ()
    direct: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class StatementDraft(MarkedDraft):
    """A theorem-like environment; a node if the book counts its kind among the nodes.

    Attributes:
        proofs: the proofs attached to it, once the book is read to its end.
        label: what its node is called, once that is settled.
        node, joined: the node that was made of it last, and of which proofs.
        reread: of that node and the proof that leanblueprint takes for its own, what leanblueprint reads.
    """

    kind: str = ""
    heading: str = ""
    number: str = ""
    is_node: bool = False
    is_aside: bool = False
    labels: list[str] = field(default_factory=list)
    mathlibok: bool = False
    notready: bool = False
    discussion: list[str] = field(default_factory=list)
    proofs: list[ProofDraft] = field(default_factory=list)
    label: str = ""
    node: Node | None = None
    joined: list[ProofDraft] | None = None
    reread: tuple[Node, ProofDraft | None, Node] | None = None

    @property
    def identity(self) -> str:
        """A name that no other statement of the book has, before labels are settled."""
        return self.labels[-1] if self.labels else f"unlabelled-{self.place}"


@dataclass(slots=True, eq=False)
class ProofDraft(MarkedDraft):
    r"""A proof environment.

    Attributes:
        proves: what its ``\proves`` names.
        enclosing: the statement whose environment it stands in.
        statement: the last statement before it that is a node.
        aside: the last other theorem-like environment before it, if it stands between the two.
        proved: the node it turns out to prove.
    """

    proves: Mention | None = None
    enclosing: StatementDraft | None = None
    statement: StatementDraft | None = None
    aside: StatementDraft | None = None
    proved: StatementDraft | None = None


@dataclass(slots=True, eq=False)
class PassageDraft:
    """A stretch of the book: prose, a heading, a statement that is a node, or a proof."""

    at: Location
    tex: str = ""
    division: Division | None = None
    statement: StatementDraft | None = None
    proof: ProofDraft | None = None
    equations: Sequence[str] = ()
