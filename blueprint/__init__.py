"""The mathematics of a book as data: its statements, proofs, dependencies, and where each stands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from blueprint.annotations import annotation
from blueprint.book import Blueprint, Chapter, Entry, Passage
from blueprint.catalogue import catalogue, explain
from blueprint.errors import BlueprintError, NothingToRead, UnknownCode, UnknownLabel
from blueprint.graph import DependencyGraph, Edge
from blueprint.node import Marks, Node, Place, Proof, Tag
from blueprint.problem import Problem, Severity
from blueprint.report import report
from blueprint.root import find_root
from blueprint.sarif import sarif
from blueprint.snapshot import FailureRecord, IssueRecord, NodeProgress, PullRequestRecord, Snapshot, VerdictRecord
from blueprint.status import NodeState, Stage, derive_states, ready_stages

if TYPE_CHECKING:
    from blueprint.prose import ProseRenderer, Renderings
    from blueprint.reader import BlueprintReader, read_blueprint

_LATE = {
    "BlueprintReader": "blueprint.reader",
    "ProseRenderer": "blueprint.prose",
    "Renderings": "blueprint.prose",
    "read_blueprint": "blueprint.reader",
}
"""What is imported only when it is asked for, and from where: who looks at a book read before needs no LaTeX."""

__all__ = [
    "Blueprint",
    "BlueprintError",
    "BlueprintReader",
    "Chapter",
    "DependencyGraph",
    "Edge",
    "Entry",
    "FailureRecord",
    "IssueRecord",
    "Marks",
    "Node",
    "NodeProgress",
    "NodeState",
    "NothingToRead",
    "Passage",
    "Place",
    "Problem",
    "Proof",
    "ProseRenderer",
    "PullRequestRecord",
    "Renderings",
    "Severity",
    "Snapshot",
    "Stage",
    "Tag",
    "UnknownCode",
    "UnknownLabel",
    "VerdictRecord",
    "annotation",
    "catalogue",
    "derive_states",
    "explain",
    "find_root",
    "read_blueprint",
    "ready_stages",
    "report",
    "sarif",
]


def __getattr__(name: str) -> object:
    """Hand on what reads and renders."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
