"""One agent's work on one item: prompts, tools, models, budget, transcript; never git, SQL or queues."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.agent import run_agent
    from agents.assignment import Assignment, Conflict, DependencyBrief, Feedback, Limits, NodeBrief
    from agents.errors import AgentError
    from agents.model import AnthropicModel
    from agents.outcome import Finding, IssueKind, Outcome, Usage, Verdict
    from agents.prices import Price, PriceTable
    from agents.transcript import Transcript
    from agents.workspace import Workspace

_HOMES = {
    "AgentError": "agents.errors",
    "AnthropicModel": "agents.model",
    "Assignment": "agents.assignment",
    "Conflict": "agents.assignment",
    "DependencyBrief": "agents.assignment",
    "Feedback": "agents.assignment",
    "Finding": "agents.outcome",
    "IssueKind": "agents.outcome",
    "Limits": "agents.assignment",
    "NodeBrief": "agents.assignment",
    "Outcome": "agents.outcome",
    "Price": "agents.prices",
    "PriceTable": "agents.prices",
    "Transcript": "agents.transcript",
    "Usage": "agents.outcome",
    "Verdict": "agents.outcome",
    "Workspace": "agents.workspace",
    "run_agent": "agents.agent",
}
"""Where each of them is; imported when it is asked for: the vendor's client alone takes most of a second."""

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
    """Hand on what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_HOMES[name]), name)
    return found
