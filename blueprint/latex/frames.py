"""The environments that are open at one moment of reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from blueprint.latex.drafts import ProofDraft, StatementDraft
    from blueprint.node import Place

Role = Literal["document", "statement", "proof", "display", "list", "float", "subequations", "other"]

DEEPEST = 40
"""Environments within one another; deeper ones are read as text."""


@dataclass(slots=True, eq=False)
class Frame:
    """One open environment.

    Attributes:
        name: the environment's name.
        role: what the reader does with it.
        place: where it begins.
        draft: the statement or proof it makes.
        piece: index of the first piece of text inside it.
        number: the number that a label in it names, once it is known.
        template, count: of a list: how its labels print and which item is being read.
        waiting: labels of the current row of a display, until its number is known.
        silenced: whether the current row has no number.
        tag: the current row's own number.
        counts: of a statement or proof: levels of numbered lists to the number of the last item there.
    """

    name: str
    role: Role
    place: Place
    draft: StatementDraft | ProofDraft | None = None
    piece: int = 0
    number: str = ""
    template: str = ""
    count: int = 0
    waiting: list[tuple[str, Place]] = field(default_factory=list)
    silenced: bool = False
    tag: str = ""
    counts: dict[int, int] = field(default_factory=dict)
