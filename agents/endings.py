"""How an attempt ends: small exceptions that travel from a tool, the meter or the model up to the loop.

The tree::

    Ended
    ├── Submitted       the gate accepted the work
    ├── GaveUp          the agent says it cannot do it
    ├── VerdictGiven    a reviewer has decided
    ├── LimitReached    calls, money, tokens, time or the model's window are used up
    └── Cancelled       somebody else finished first, or the campaign stops
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from agents.outcome import Ending, Verdict


class Ended(Exception):
    """An attempt is over; the message is the summary or the reason.

    Attributes:
        ending: the outcome's word for it.
        finished: whether the message sums the attempt up by itself; otherwise its last state is added.
        verdict: a reviewer's decision, if it is one.
        cause: which limit, if it is one.
        closes: numbers of the issues that are resolved, if work was handed in.
    """

    ending: ClassVar[Ending]
    finished: ClassVar[bool] = False
    verdict: Verdict | None = None
    cause: str = ""
    closes: tuple[int, ...] = ()


class Submitted(Ended):
    """The gate accepted the work; the message is the agent's summary.

    Attributes:
        closes: numbers of the issues it resolves.
    """

    ending = "submitted"
    finished = True

    def __init__(self, summary: str, closes: tuple[int, ...] = ()) -> None:
        super().__init__(summary)
        self.closes = closes


class GaveUp(Ended):
    """The agent says it cannot do it; the message is its reason."""

    ending = "gave_up"
    finished = True


class VerdictGiven(Ended):
    """A reviewer has decided; the message is the reasons."""

    ending = "verdict"
    finished = True

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reasons)
        self.verdict = verdict


class LimitReached(Ended):
    """A limit of the assignment is reached; the message names it.

    The `cause` is ``calls``, ``cost``, ``tokens``, ``wall`` or ``context``.
    """

    ending = "limit"

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class Cancelled(Ended):
    """Somebody else finished first, or the campaign stops."""

    ending = "cancelled"

    def __init__(self) -> None:
        super().__init__("The attempt was cancelled.")
