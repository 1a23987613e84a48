"""Small books made by hand, for tests of pure logic."""

from __future__ import annotations

from blueprint import Blueprint, Chapter, Marks, Node, Place, Proof


def node(
    label: str,
    *,
    uses: tuple[str, ...] = (),
    proof_uses: tuple[str, ...] = (),
    definition: bool = False,
    notready: bool = False,
    lean: str = "",
    chapter: int = 0,
) -> Node:
    """A node that stands nowhere in particular."""
    place = Place("book.tex", 1)
    return Node(
        label=label,
        labels=(label,),
        kind="definition" if definition else "theorem",
        number="",
        title="",
        tex="",
        chapter=chapter,
        uses=uses,
        lean=(lean,) if lean else (),
        marks=Marks(notready=notready),
        proof=None if definition else Proof(place, "", proof_uses),
        place=place,
    )


def book(*nodes: Node, chapters: tuple[str, ...] = ("Main",)) -> Blueprint:
    """A book of these nodes."""
    return Blueprint(
        title="A book",
        chapters=tuple(Chapter("", title) for title in chapters),
        nodes=nodes,
        aliases={each.label: each.label for each in nodes},
    )
