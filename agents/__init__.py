"""One agent's work on one item: prompts, tools, models, budget, transcript; never git, SQL or queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.agent import run_agent
from agents.assignment import Assignment, Conflict, DependencyBrief, Feedback, Limits, NodeBrief
from agents.errors import AgentError
from agents.outcome import Finding, IssueKind, Outcome, Usage, Verdict
from agents.prices import Price, PriceTable
from agents.transcript import Transcript
from agents.workspace import Workspace

if TYPE_CHECKING:
    from agents.model import AnthropicModel

__all__ = [
    "AgentError",
    "AnthropicModel",
    "Assignment",
    "Conflict",
    "DependencyBrief",
    "Feedback",
    "Finding",
    "IssueKind",
    "Limits",
    "NodeBrief",
    "Outcome",
    "Price",
    "PriceTable",
    "Transcript",
    "Usage",
    "Verdict",
    "Workspace",
    "run_agent",
]


def __getattr__(name: str) -> object:
    """Hand on the model only when it is asked for: the vendor's client takes most of a second to import."""
    if name == "AnthropicModel":
        from agents.model import AnthropicModel  # noqa: PLC0415 - late on purpose, see above

        return AnthropicModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
