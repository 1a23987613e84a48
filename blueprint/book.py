"""A whole blueprint: its chapters, its nodes in the order of the book, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.node import Node, Tag
    from blueprint.problem import Problem


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter (or, in an article, a section): printed number, title as LaTeX, label if it has one."""

    number: str
    title: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the bibliography: what citations print for it, as plain text, and what it says, as LaTeX."""

    mark: str
    tex: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the book in its order: prose between nodes, or one node.

    Attributes:
        chapter: index of the chapter it stands in.
        tex: the prose's LaTeX; empty for a node.
        label: the node's label; empty for prose.
        equations: of prose: printed numbers of the rows of displays that have no label and no number of their own.
    """

    chapter: int
    tex: str = ""
    label: str = ""
    equations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blueprint:
    r"""What a blueprint's sources say, as data.

    Attributes:
        title: the document's ``\title``, as LaTeX.
        chapters: in order; never empty (a book without chapters has one, untitled).
        nodes: in the order of the book.
        passages: prose and nodes in the order of the book, for rendering.
        macros: the book's macros for mathematics: name without backslash to (number of arguments,
            replacement text).
        aliases: every label of a node to the node's `Node.label`.
        references: every label that stands for something with a number (node, chapter, section,
            equation) to the printed number.
        problems: what the reader found wrong, in the order of file and line.
        files: the files read, relative to the root, in the order read.
        words: every label of `references` to the word that ``\cref`` prints before its number.
        containers: labels of equations, items and the like inside a statement to the node's label.
        defaults: of macros whose first argument is optional: name to what it is when left out.
        settings: what the book says of itself: ``home``, ``github``, ``dochome``.
        headings: theorem-like environments, nodes or not, to the word they print.
        pictures: of the files that ``\includegraphics`` names and that are there: name as written to the path in the
            project folder.
        bibliography: entries by the key that ``\cite`` names, in order.
        proofs: number of proof environments, also of those that prove no node.
        tags: what the book says of itself (``home``, ``github``, ``dochome``, ``graphcolor``, ``bpcolor``,
            ``bibliography``, ``addbibresource``, ``graphicspath``, ``nocite``)
            and marks of forks outside statements and proofs, in order, each with its place.
        read_otherwise: nodes that leanblueprint reads otherwise, by label, as it reads them.
        formalized_asides: labels of remarks and the like, no nodes, that are marked ``\leanok``.
        sections: with the package's option ``dep_by``, the labels of the nodes in each of the graphs that leanblueprint
            then makes, one for each section of that kind in the order of the book; ``None`` without it.
    """

    title: str
    chapters: tuple[Chapter, ...]
    nodes: tuple[Node, ...]
    passages: tuple[Passage, ...] = ()
    macros: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    containers: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    proofs: int = 0
    pictures: Mapping[str, str] = field(default_factory=dict)
    bibliography: Mapping[str, Entry] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    read_otherwise: Mapping[str, Node] = field(default_factory=dict)
    formalized_asides: frozenset[str] = frozenset()
    sections: tuple[tuple[str, ...], ...] | None = None

    @cached_property
    def by_label(self) -> Mapping[str, Node]:
        """Nodes by `Node.label`."""
        return {node.label: node for node in self.nodes}
