"""How an attempt ends: small exceptions that travel from a tool, the meter or the model up to the loop.

The tree::

    Ended
    ├── Submitted       the gate accepted the work
    ├── GaveUp          the agent says it cannot do it
    ├── VerdictGiven    a reviewer has decided
    ├── LimitReached    calls, money or time are used up
    └── Cancelled       somebody else finished first, or the campaign stops
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.outcome import Verdict


class Ended(Exception):
    """An attempt is over; the message is the summary or the reason."""


class Submitted(Ended):
    """The gate accepted the work; the message is the agent's summary."""


class GaveUp(Ended):
    """The agent says it cannot do it; the message is its reason."""


class VerdictGiven(Ended):
    """A reviewer has decided.

    Attributes:
        verdict: what was decided and why.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reasons)
        self.verdict = verdict


class LimitReached(Ended):
    """A limit of the assignment is reached; the message names it.

    Attributes:
        limit: ``calls``, ``cost``, ``wall`` or ``context``.
    """

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class Cancelled(Ended):
    """Somebody else finished first, or the campaign stops."""

    def __init__(self) -> None:
        super().__init__("The attempt was cancelled.")
