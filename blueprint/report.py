"""The report of `blueprover check`: how large a blueprint is and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blueprint.catalogue import fix_of
from blueprint.graph import DependencyGraph

if TYPE_CHECKING:
    from blueprint.book import Blueprint
    from blueprint.problem import Problem


def report(blueprint: Blueprint, graph: DependencyGraph | None = None) -> dict[str, Any]:
    """Return what ``blueprover check --json`` prints; the keys are stable.

    Args:
        blueprint: the book.
        graph: its graph, where the caller has it already.

    Returns:
        ``nodes``, ``proofs`` (proof environments) and ``edges`` (distinct ordered pairs) as numbers; ``problems``
        as objects with ``code``, ``severity``, ``file``, ``line``, ``column``, ``message`` and ``fix``, in the
        order of file and line.
    """
    graph = graph or DependencyGraph(blueprint)
    return {
        "nodes": len(blueprint.nodes),
        "proofs": blueprint.proofs,
        "edges": len(graph.edges),
        "problems": [_plain(problem) for problem in sorted({*blueprint.problems, *graph.problems})],
    }


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
        "fix": fix_of(problem.code),
    }
