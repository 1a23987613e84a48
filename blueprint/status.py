"""Where a node stands, derived from evidence: what landed, what it uses, what is still open below it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Stage = Literal["statement", "proof"]
"""``statement``: write the Lean statement (a definition: all of it); ``proof``: fill the proof."""


class NodeState(StrEnum):
    """Where a node stands. Each value is what `status --json` and the site print."""

    NOT_READY = "not_ready"
    """The author marked it ``\\notready``; nobody works on it."""
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
