"""The mathematics of a book as data: its statements, proofs, dependencies, and where each stands."""

from blueprint.annotations import annotation
from blueprint.book import Blueprint, Chapter, Entry, Passage
from blueprint.catalogue import catalogue, explain
from blueprint.errors import BlueprintError, NothingToRead, UnknownCode, UnknownLabel
from blueprint.graph import DependencyGraph, Edge
from blueprint.node import Marks, Node, Place, Proof, Tag
from blueprint.problem import Problem, Severity
from blueprint.prose import ProseRenderer, Renderings
from blueprint.reader import BlueprintReader, read_blueprint
from blueprint.report import report
from blueprint.root import find_root
from blueprint.sarif import sarif
from blueprint.snapshot import FailureRecord, IssueRecord, NodeProgress, PullRequestRecord, Snapshot, VerdictRecord
from blueprint.status import NodeState, Stage, derive_states, ready_stages

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
