"""One agent's work on one item: prompts, tools, models, budget, transcript; never git, SQL or queues."""

from agents.assignment import Assignment, DependencyBrief, Feedback, Limits, NodeBrief
from agents.errors import AgentError
from agents.outcome import Outcome, Usage, Verdict
from agents.prices import Price, PriceTable

__all__ = [
    "AgentError",
    "Assignment",
    "DependencyBrief",
    "Feedback",
    "Limits",
    "NodeBrief",
    "Outcome",
    "Price",
    "PriceTable",
    "Usage",
    "Verdict",
]
