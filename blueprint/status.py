"""Where a node stands, derived from evidence: what landed, what it uses, what is still open below it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from blueprint.graph import DependencyGraph
    from blueprint.node import Node

Stage = Literal["statement", "proof"]
"""``statement``: write the Lean statement (a definition: all of it); ``proof``: fill the proof."""


class NodeState(StrEnum):
    """Where a node stands. Each value is what `status --json` and the site print."""

    NOT_READY = "not_ready"
    """The author marked it ``\\notready``, or a person left it out; nobody works on it."""
    BLOCKED = "blocked"
    """Something its statement uses is not stated yet."""
    READY = "ready"
    """Its statement can be written."""
    STATED = "stated"
    """Its statement landed and is locked; its proof is open."""
    CONDITIONAL = "conditional"
    """Its proof landed, and something below it is still open."""
    PROVED = "proved"
    """Closed: no ``sorryAx`` anywhere below it. For a definition: landed."""
    FAILED = "failed"
    """Given up after its last attempt; a person can retry it."""


_NOTHING: frozenset[Stage] = frozenset()
_STATED: frozenset[Stage] = frozenset({"statement", "proof"})


def derive_states(
    graph: DependencyGraph,
    landed: Mapping[str, frozenset[Stage]],
    assumes: Mapping[str, Collection[str]],
    failed: Collection[str] = (),
    skipped: Collection[str] = (),
) -> dict[str, NodeState]:
    r"""Return where every node stands. Marks of the author are not looked at, but for ``\notready``.

    Args:
        graph: the blueprint's graph.
        landed: by label, the stages of the node that are on ``main``.
        assumes: by label, the labels of open nodes that the node's landed Lean rests on (through ``sorryAx``), as
            the checker read them from the kernel terms. A node it says nothing of assumes what its ``\uses`` name.
        failed: labels of the nodes given up.
        skipped: labels of the nodes that a person has left out.

    Returns:
        A state for every node: a landed one is `STATED`, `CONDITIONAL` or `PROVED`, also where it is not
        ready or left out; of the others, `NOT_READY`, `FAILED`, `READY` or `BLOCKED`.
    """
    closed = _closed(graph, landed, assumes)
    states: dict[str, NodeState] = {}
    for node in graph.blueprint.nodes:
        label = node.label
        stages = landed.get(label, _NOTHING)
        if label in closed:
            states[label] = NodeState.PROVED
        elif _is_finished(node, stages):
            states[label] = NodeState.CONDITIONAL
        elif (node.marks.notready or label in skipped) and not stages:
            states[label] = NodeState.NOT_READY
        elif label in failed:
            states[label] = NodeState.FAILED
        elif "statement" in stages:
            states[label] = NodeState.STATED
        else:
            ready = _all_stated(graph.statement_uses(label), landed)
            states[label] = NodeState.READY if ready else NodeState.BLOCKED
    return states


def ready_stages(graph: DependencyGraph, landed: Mapping[str, frozenset[Stage]]) -> list[tuple[str, Stage]]:
    r"""Return the stages that can be worked on, in the graph's order.

    A statement is ready when its node is not marked ``\notready`` and all that its statement uses is stated on
    ``main``. A proof is ready when its own statement has landed and all that statement and proof use is stated.
    A definition has no proof. What is marked ``\notready`` never lands, so that what rests on it stays blocked.

    Args:
        graph: the blueprint's graph.
        landed: by label, the stages of the node that are on ``main``.
    """
    ready: list[tuple[str, Stage]] = []
    nodes = graph.blueprint.by_label
    for label in graph.order():
        node, stages = nodes[label], landed.get(label, _NOTHING)
        if node.marks.notready or _is_finished(node, stages) or not _all_stated(graph.statement_uses(label), landed):
            continue
        if "statement" not in stages:
            ready.append((label, "statement"))
        elif _all_stated(graph.proof_uses(label), landed):
            ready.append((label, "proof"))
    return ready


def _is_finished(node: Node, stages: frozenset[Stage]) -> bool:
    """Whether nothing is left to land for a node itself."""
    return ("statement" if node.is_definition else "proof") in stages


def _all_stated(labels: Collection[str], landed: Mapping[str, frozenset[Stage]]) -> bool:
    return all(landed.get(label, _NOTHING) & _STATED for label in labels)


def _closed(
    graph: DependencyGraph, landed: Mapping[str, frozenset[Stage]], assumes: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Return the nodes with nothing open below them.

    A node is not closed if it is unfinished or if it rests on one that is not closed; that spreads upwards from
    the unfinished ones, so that no cycle can make a node closed or keep the search from ending.
    """
    resters: dict[str, list[str]] = {}
    tainted: list[str] = []
    for node in graph.blueprint.nodes:
        label = node.label
        if not _is_finished(node, landed.get(label, _NOTHING)):
            tainted.append(label)
        below = assumes.get(label)
        if below is None:
            below = graph.statement_uses(label) + graph.proof_uses(label)
        for prerequisite in below:
            resters.setdefault(prerequisite, []).append(label)
    nodes = graph.blueprint.by_label
    tainted += [label for label in resters if label not in nodes]
    open_labels = set(tainted)
    while tainted:
        for rester in resters.get(tainted.pop(), ()):
            if rester not in open_labels:
                open_labels.add(rester)
                tainted.append(rester)
    return frozenset(nodes) - open_labels
