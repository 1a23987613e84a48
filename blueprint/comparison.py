r"""The author's ``\uses`` against what Lean really uses: what is missing, and what is named for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from blueprint.graph import DependencyGraph
    from blueprint.reality import Reached, Reality

Named = Literal["statement", "proof"]
r"""Where a ``\uses`` stands, or should stand."""


@dataclass(frozen=True, slots=True)
class MissingUse:
    r"""Something Lean uses and no ``\uses`` names, nor anything that is named states with its help.

    Attributes:
        label: the node.
        uses: label of the node it uses.
        part: where Lean uses it.
        through: helper declarations on the way, from the node outwards.
    """

    label: str
    uses: str
    part: Named
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnusedUse:
    r"""Something a ``\uses`` names and that part of the Lean does not mention.

    Attributes:
        label: the node.
        uses: label of the node it names.
        part: where the ``\uses`` stands.
        found: ``proof`` where the proof uses it instead of the statement; ``indirectly`` where Lean needs it by way of
            other nodes; ``nowhere``.
    """

    label: str
    uses: str
    part: Named
    found: Literal["proof", "indirectly", "nowhere"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, in the order of the book; `silent` are the nodes that Lean says nothing of, by label."""

    missing: tuple[MissingUse, ...]
    unused: tuple[UnusedUse, ...]
    silent: tuple[str, ...]


def compare_uses(graph: DependencyGraph, reality: Reality) -> Comparison:
    r"""Compare what the author names with what Lean uses.

    A statement may leave out what the statements it names are made with, and a proof besides what its own statement
    names: nobody lists the definitions below every lemma. Of a proof that is not finished, or a node that Lean does not
    have, nothing is called unused.

    Args:
        graph: the author's graph.
        reality: what Lean says of its nodes.
    """
    missing: list[MissingUse] = []
    unused: list[UnusedUse] = []
    for label in reality.nodes:
        missing += _missing(graph, reality, label)
        unused += _unused(graph, reality, label)
    silent = tuple(node.label for node in graph.blueprint.nodes if node.label not in reality.nodes)
    return Comparison(tuple(missing), tuple(unused), silent)


def _missing(graph: DependencyGraph, reality: Reality, label: str) -> Iterator[MissingUse]:
    real = reality.nodes[label]
    stated = _stated_with(graph, graph.statement_uses(label)) | {label}
    known = stated | _stated_with(graph, graph.proof_uses(label))
    for uses, through in _unnamed(reality, real.statement, stated):
        yield MissingUse(label, uses, "statement", through)
        known.add(uses)
    for uses, through in _unnamed(reality, real.proof, known):
        yield MissingUse(label, uses, "proof", through)


def _unnamed(reality: Reality, reached: Reached, known: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Find what is reached and not known; two nodes with one declaration stand for each other."""
    for uses, through in reached.nodes.items():
        twins = {twin for name in reality.declarations[uses] for twin in reality.owners(name)}
        if not twins & set(known) and uses == next(each for each in reached.nodes if each in twins):
            yield uses, through


def _unused(graph: DependencyGraph, reality: Reality, label: str) -> Iterator[UnusedUse]:
    real = reality.nodes[label]
    for uses in graph.statement_uses(label):
        if uses in reality.nodes and uses not in real.statement.nodes and not real.statement.open:
            if uses in real.proof.nodes:
                yield UnusedUse(label, uses, "statement", "proof")
            elif not real.proof.open:
                yield UnusedUse(label, uses, "statement", _found(reality, label, uses))
    for uses in graph.proof_uses(label):
        mentioned = uses in real.proof.nodes or uses in real.statement.nodes
        if uses in reality.nodes and not mentioned and not real.proof.open:
            yield UnusedUse(label, uses, "proof", _found(reality, label, uses))


def _found(reality: Reality, label: str, wanted: str) -> Literal["indirectly", "nowhere"]:
    seen, waiting = {label}, [label]
    while waiting:
        real = reality.nodes[waiting.pop()]
        for each in (*real.statement.nodes, *real.proof.nodes):
            if each == wanted:
                return "indirectly"
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return "nowhere"


def _stated_with(graph: DependencyGraph, labels: Collection[str]) -> set[str]:
    """Return some nodes and all that their statements are made with."""
    found: set[str] = set()
    waiting = list(labels)
    while waiting:
        label = waiting.pop()
        if label not in found:
            found.add(label)
            waiting += graph.statement_uses(label)
    return found
