r"""leanblueprint's status of every node, worked out from the author's marks: exactly, or without its mistakes.

Blueprover's own states (`blueprint.status`) come from evidence. These come from ``\leanok`` and its kin, for people who
compare a blueprint with what leanblueprint shows of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from blueprint.book import Blueprint
    from blueprint.graph import DependencyGraph
    from blueprint.node import Node


@dataclass(frozen=True, slots=True)
class MarkedStatus:
    r"""What the marks say of one node, in leanblueprint's words.

    Attributes:
        stated: the statement is formalized (``\leanok`` or ``\mathlibok``).
        can_state: all that the statement uses is stated, and the node is not marked ``\notready``.
        can_prove: it has a proof, and all that statement and proof use is stated.
        proved: the proof is formalized.
        fully_proved: it and all it rests on is proved, as far as there is something to prove.
        mathlib: it is in Mathlib.
        not_ready: it is marked ``\notready``.
    """

    stated: bool
    can_state: bool
    can_prove: bool
    proved: bool
    fully_proved: bool
    mathlib: bool
    not_ready: bool


def as_leanblueprint_reads(blueprint: Blueprint) -> Blueprint:
    r"""Return the book with what leanblueprint keeps of it: the last ``\uses`` only, no marks in items, and so on.

    The nodes are the same; their edges, marks and proofs may be fewer. Problems stay those of the book.
    """
    if not blueprint.read_otherwise:
        return blueprint
    nodes = tuple(blueprint.read_otherwise.get(node.label, node) for node in blueprint.nodes)
    return replace(blueprint, nodes=nodes, read_otherwise={})


def marked_statuses(graph: DependencyGraph, *, compat: bool = False) -> dict[str, MarkedStatus]:
    r"""Return what the author's marks say of every node.

    Args:
        graph: the blueprint's graph.
        compat: bug for bug as leanblueprint shows it on the graph of the whole document, or on those of its sections
            where the book's option ``dep_by`` asks for them. Then

            * a node is read as leanblueprint reads it (`as_leanblueprint_reads`);
            * a label of an equation or a section is never stated, so that nothing above it can be stated or proved, and
              nothing above it is fully proved unless it stands in a ``definition``;
            * only an environment called ``definition`` has nothing to prove, and it counts as done even when it is not
              stated: ``\mathlibok`` without a proof, or a ``dfn``, keeps all above it from being fully proved;
            * a proof counts as proved, and fully proved, even if its statement is not stated;
            * in a section's graph nothing is looked at beyond what its nodes use directly, what stands in a later
              section counts as not proved, and a node in no graph is ready for nothing.

            Where nodes rest on one another in a circle leanblueprint ends without an answer; here they get one.

    Returns:
        By label. Without ``compat``, what is marked ``\mathlibok`` is proved (a definition: stated), definitions by any
        name have nothing to prove and count once they are stated, and a circle, an unknown label or one of an equation
        keeps nothing from anything.
    """
    if compat:
        return _exact(graph.blueprint)
    statuses: dict[str, MarkedStatus] = {}
    stated = {node.label: _is_stated(node) for node in graph.blueprint.nodes}
    above: dict[str, list[str]] = {label: [] for label in stated}
    unfinished: list[str] = []
    for node in graph.blueprint.nodes:
        label, has_proof = node.label, node.proof is not None and not node.is_definition
        statement_done = all(stated[each] for each in graph.statement_uses(label))
        proof_done = statement_done and all(stated[each] for each in graph.proof_uses(label))
        proved = not node.is_definition and (
            node.marks.mathlibok or (node.proof is not None and node.proof.leanok and stated[label])
        )
        if not (stated[label] if node.is_definition else proved):
            unfinished.append(label)
        for each in graph.statement_uses(label) + graph.proof_uses(label):
            above[each].append(label)
        statuses[label] = MarkedStatus(
            stated=stated[label],
            can_state=statement_done and not node.marks.notready,
            can_prove=proof_done and has_proof,
            proved=proved,
            fully_proved=True,
            mathlib=node.marks.mathlibok,
            not_ready=node.marks.notready,
        )
    return _spread(statuses, unfinished, above)


def _is_stated(node: Node) -> bool:
    return node.marks.leanok or node.marks.mathlibok


_UNSET = MarkedStatus(
    stated=False, can_state=False, can_prove=False, proved=False, fully_proved=False, mathlib=False, not_ready=False
)


def _exact(original: Blueprint) -> dict[str, MarkedStatus]:
    book = as_leanblueprint_reads(original)
    stated = {node.label: _is_stated(node) for node in book.nodes}
    stated |= dict.fromkeys(book.formalized_asides, True)
    statuses = {
        node.label: replace(
            _UNSET, stated=stated[node.label], mathlib=node.marks.mathlibok, not_ready=node.marks.notready
        )
        for node in book.nodes
    }
    seen: set[str] = set()
    sections = (tuple(book.by_label),) if book.sections is None else book.sections
    for labels in sections:
        nodes = [book.by_label[label] for label in labels if label in statuses]
        _exact_in_one_graph(book, nodes, stated, statuses, seen)
        seen.update(labels)
    return statuses


def _exact_in_one_graph(
    book: Blueprint,
    nodes: Iterable[Node],
    stated: Mapping[str, bool],
    statuses: dict[str, MarkedStatus],
    seen: Collection[str],
) -> None:
    """Settle the statuses of the nodes of one graph.

    Args:
        book: the book as leanblueprint reads it.
        nodes: those of the graph.
        stated: by label, what is stated.
        statuses: by label; those that other graphs settled before this one are final where this one looks outside.
        seen: labels of nodes that were in an earlier graph: leanblueprint has by now joined what their proofs use to
            what their statements use.
    """
    above: dict[str, list[str]] = {}
    for node in nodes:
        label = node.label
        statement = _resolved(book, node.uses)
        both = statement + _resolved(book, node.proof.uses if node.proof else ())
        for each in both:
            above.setdefault(each, []).append(label)
        needed = both if label in seen and node.uses else statement
        statuses[label] = replace(
            statuses[label],
            can_state=all(stated.get(each, False) for each in needed) and not node.marks.notready,
            can_prove=node.proof is not None and all(stated.get(each, False) for each in both),
            proved=node.proof is not None and node.proof.leanok,
        )
    labels = [node.label for node in nodes]
    tainted = _tainted(
        [each for each in {**dict.fromkeys(labels), **above} if not _is_done(book, statuses, each)], above
    )
    for label in labels:
        statuses[label] = replace(statuses[label], fully_proved=label not in tainted)


def _is_done(book: Blueprint, statuses: Mapping[str, MarkedStatus], label: str) -> bool:
    """Whether there is nothing left to prove in what a label stands for, itself alone."""
    node = book.by_label.get(label)
    if node is None:
        return _is_in_definition(book, label)
    return node.kind == "definition" or statuses[label].proved


def _resolved(book: Blueprint, names: Iterable[str]) -> list[str]:
    """Return what leanblueprint finds behind labels: nodes by the label they go by, other things by their own."""
    known = (book.references, book.containers, book.formalized_asides)
    return [
        book.aliases.get(name, name) for name in names if name in book.aliases or any(name in each for each in known)
    ]


def _is_in_definition(book: Blueprint, name: str) -> bool:
    container = book.containers.get(name)
    return container is not None and book.by_label[container].kind == "definition"


def _spread(
    statuses: dict[str, MarkedStatus], unfinished: Iterable[str], above: Mapping[str, list[str]]
) -> dict[str, MarkedStatus]:
    """Take ``fully_proved`` from what is unfinished and from all that rests on it."""
    tainted = _tainted(unfinished, above)
    return {
        label: replace(status, fully_proved=False) if label in tainted else status for label, status in statuses.items()
    }


def _tainted(unfinished: Iterable[str], above: Mapping[str, list[str]]) -> set[str]:
    """Return what is unfinished, and all that rests on it."""
    waiting = list(unfinished)
    tainted = set(waiting)
    while waiting:
        for label in above.get(waiting.pop(), ()):
            if label not in tainted:
                tainted.add(label)
                waiting.append(label)
    return tainted


# ---- how leanblueprint draws it


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a node as leanblueprint draws it; empty where it uses none (black border, no filling)."""

    border: str
    fill: str


COLOURS: dict[str, str] = {
    "mathlib": "darkgreen",
    "stated": "green",
    "can_state": "blue",
    "not_ready": "#FFAA33",
    "proved": "#9CEC8B",
    "can_prove": "#A3D6FF",
    "defined": "#B0ECA3",
    "fully_proved": "#1CAC78",
}
r"""leanblueprint's colours; a book changes them with ``\graphcolor``."""


_COLOUR = re.compile(r"#?[A-Za-z0-9]+")
"""Names and hexadecimal numbers: a drawing takes nothing else from a book into its style."""


def colours_of(blueprint: Blueprint) -> dict[str, str]:
    r"""Return the colours of a book's graph: leanblueprint's, as changed by ``\graphcolor`` and ``\bpcolor``."""
    colours = dict(COLOURS)
    for tag in blueprint.tags:
        if tag.name in {"graphcolor", "bpcolor"} and len(tag.arguments) > 1:
            key, colour = tag.arguments[:2]
            if key in COLOURS and _COLOUR.fullmatch(colour):
                colours[key] = colour
    return colours


def paint(status: MarkedStatus, colours: Mapping[str, str], *, is_definition: bool) -> Paint:
    """Return the colours of one node: the border tells of the statement, the filling of the proof."""
    borders = (
        (status.mathlib, "mathlib"),
        (status.stated, "stated"),
        (status.can_state, "can_state"),
        (status.not_ready, "not_ready"),
    )
    provable = status.can_prove and (status.can_state or status.stated)
    fills: tuple[tuple[bool, str], ...] = (status.proved, "proved"), (provable, "can_prove")
    if is_definition:
        fills = (status.stated, "defined"), (status.can_state, "can_prove"), *fills
    else:
        fills = (status.fully_proved, "fully_proved"), *fills
    return Paint(_first(borders, colours), _first(fills, colours))


def _first(choices: Iterable[tuple[bool, str]], colours: Mapping[str, str]) -> str:
    return next((colours[name] for applies, name in choices if applies), "")
