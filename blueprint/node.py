"""The nodes of a blueprint: statements of a book, with what they use and what marks they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from blueprint.kinds import DEFINITION_WORDS

DEFINITION_KINDS = frozenset({"definition", "dfn", "defn", "def"})
"""Environments whose nodes are definitions: they are stated, and have nothing to prove."""


class Place(NamedTuple):
    """Where something stands: a file relative to the blueprint's root, and 1-based line and column."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Marks:
    """What the author says of a statement. Blueprover reports marks and never trusts them."""

    leanok: bool = False
    mathlibok: bool = False
    notready: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    r"""A mark that the graph does not need: kept for those who do.

    Attributes:
        name: the command without backslash, such as ``discussion``, ``alsoIn``, ``graphcolor`` or, in a book written
            for a fork of leanblueprint, ``leantarget``.
        arguments: what it is given, in order, without comments; blanks and line breaks made one blank.
        place: where it stands.
    """

    name: str
    arguments: tuple[str, ...]
    place: Place

    @property
    def argument(self) -> str:
        """The first argument; empty where there is none."""
        return self.arguments[0] if self.arguments else ""


@dataclass(frozen=True, slots=True)
class Proof:
    r"""A proof environment, attached to the statement it proves.

    Attributes:
        place: where the environment begins.
        tex: the LaTeX between ``\begin{proof}`` and ``\end{proof}``, marks taken out.
        uses: labels the proof names in ``\uses``, in order, without repetition.
        leanok: whether the author marks the proof as formalized.
        title: the optional argument of the environment, as LaTeX, such as ``Proof of Theorem 3.2``.
        lean: Lean names given by ``\lean`` in the proof.
        tags: marks of forks in the proof, in order.
        equations: printed numbers of the rows of its displays that have no label and no number of their own, in order.
    """

    place: Place
    tex: str
    uses: tuple[str, ...] = ()
    leanok: bool = False
    title: str = ""
    lean: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    equations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    r"""One statement of the book.

    Attributes:
        label: the node's identity: the last ``\label`` of the environment, as in leanblueprint; a
            stable invented one (``unlabelled-FILE-N``) where the author gave none.
        labels: every label of the environment, in order.
        kind: the environment's name, such as ``theorem``.
        number: the printed number, such as ``3.2``; empty where the book prints none.
        title: the optional argument of the environment, as LaTeX; empty where there is none.
        tex: the statement's LaTeX, marks taken out.
        chapter: index into `Blueprint.chapters` of the chapter the node stands in.
        uses: labels the statement names in ``\uses``, in order, without repetition.
        lean: Lean names given by ``\lean``.
        marks: what the author says of it.
        proof: the proof, where the book has one.
        place: where the environment begins.
        heading: the word printed before the number, such as ``Theorem`` for an environment ``thm``.
        discussion: issue numbers given by ``\discussion``.
        equations: as in `Proof`, of the statement.
        tags: its ``\discussion``, ``\alsoIn`` and marks of forks, in order.
    """

    label: str
    labels: tuple[str, ...]
    kind: str
    number: str
    title: str
    tex: str
    chapter: int
    uses: tuple[str, ...]
    lean: tuple[str, ...]
    marks: Marks
    proof: Proof | None
    place: Place
    heading: str = ""
    discussion: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    equations: tuple[str, ...] = ()

    @property
    def is_definition(self) -> bool:
        """Whether there is nothing to prove once the node is stated."""
        return self.kind in DEFINITION_KINDS or self.heading.lower() in DEFINITION_WORDS

    @property
    def also_in(self) -> tuple[str, ...]:
        r"""Labels of the sections in whose graphs ``\alsoIn`` puts the node too."""
        lists = (tag.argument.split(",") for tag in self.tags if tag.name == "alsoIn")
        return tuple(dict.fromkeys(name.strip() for names in lists for name in names if name.strip()))

    @property
    def name(self) -> str:
        """How a reader calls it: ``Theorem 3.2``."""
        return f"{self.heading or self.kind.capitalize()} {self.number}".strip()
