"""The words a reader meets for where things stand: of nodes, of pull requests, of verdicts, of the campaign.

Every state has a tone (a CSS class; the style sheet owns the colours) and a glyph, so that no state is told
by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from blueprint.status import NodeState


@dataclass(frozen=True, slots=True)
class Badge:
    """How one state is shown.

    Attributes:
        tone: CSS class that colours it.
        glyph: one character that tells it without colour.
        word: one or two words.
        meaning: one sentence for legends and tooltips.
    """

    tone: str
    glyph: str
    word: str
    meaning: str


NODE_BADGES: dict[NodeState, Badge] = {
    NodeState.PROVED: Badge("proved", "✓", "proved", "Closed: nothing below it is open."),
    NodeState.CONDITIONAL: Badge(
        "conditional", "◑", "conditional", "Its proof has landed; something below it is still open."
    ),
    NodeState.STATED: Badge("stated", "◔", "stated", "Its Lean statement is locked; its proof is open."),
    NodeState.READY: Badge("ready", "○", "ready", "Its Lean statement can be written now."),
    NodeState.BLOCKED: Badge("blocked", "·", "blocked", "Something its statement uses is not stated yet."),
    NodeState.NOT_READY: Badge(
        "not-ready", "\N{EN DASH}", "not ready", "Its author marked it as not ready, or a person left it out."
    ),
    NodeState.FAILED: Badge("failed", "✕", "failed", "Given up after its last attempt; a person can retry it."),
}
"""In the order of bars and legends: from closed to open."""

_PULL_REQUEST_BADGES = {
    "checking": Badge("busy", "◌", "checking", "Lean and the gate are looking at it."),
    "resolving": Badge("busy", "⋈", "resolving", "It is in conflict with main; an agent joins both."),
    "reviewing": Badge("busy", "◍", "reviewing", "Reviewers are reading it."),
    "approved": Badge("stated", "✓", "approved", "It waits in the merge queue."),
    "landed": Badge("proved", "●", "landed", "It is on the main branch."),
    "bounced": Badge("ready", "↩", "bounced", "It came back with reasons; the next attempt reads them."),
    "withdrawn": Badge("blocked", "✕", "withdrawn", "Nobody wants it any more: another of its item landed, say."),
    "closed": Badge("blocked", "✕", "closed", "It was closed without landing."),
}

_VERDICT_BADGES = {
    "approve": Badge("proved", "✓", "approved", "The reviewer approves."),
    "request_changes": Badge("ready", "↩", "changes requested", "The reviewer asks for changes."),
    "reject": Badge("failed", "✕", "rejected", "The reviewer rejects it."),
}

_CAMPAIGN_BADGES = {
    "new": Badge("blocked", "○", "not started", "Nothing has been attempted yet."),
    "running": Badge("busy", "◌", "running", "Agents are at work."),
    "stopped": Badge("ready", "‖", "stopped", "It was stopped and can be resumed."),
    "done": Badge("proved", "✓", "done", "Everything that can be proved is proved."),
    "stuck": Badge("failed", "✕", "stuck", "What is left has failed and needs a person."),
    "out_of_budget": Badge("ready", "$", "out of budget", "A limit on money or tokens was reached."),
}


def node_badge(state: NodeState) -> Badge:
    """Return how a node's state is shown."""
    return NODE_BADGES[state]


def pull_request_badge(state: str) -> Badge:
    """Return how a pull request's state is shown; an unknown state is shown as its own word."""
    return _PULL_REQUEST_BADGES.get(state) or _plain(state)


def verdict_badge(decision: str) -> Badge:
    """Return how a reviewer's decision is shown; an unknown one is shown as its own word."""
    return _VERDICT_BADGES.get(decision) or _plain(decision)


def campaign_badge(state: str) -> Badge:
    """Return how a campaign's state is shown; an unknown state is shown as its own word."""
    return _CAMPAIGN_BADGES.get(state) or _plain(state)


def _plain(word: str) -> Badge:
    return Badge("blocked", "·", word.replace("_", " "), "")
