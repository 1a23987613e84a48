"""What the scheduler may decide to do, and what it has to do it with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reap:
    """Take back the expired lease of a job."""

    job: int


@dataclass(frozen=True, slots=True)
class Revoke:
    """Stop a job that is under way, since a limit of what may be spent is overshot."""

    job: int


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Send an agent to work on an item, with so many dollars and tokens at most (``None``: any number)."""

    item: int
    number: int
    cap_usd: float
    cap_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class StartReview:
    """Ask the reviewer of a seat about a pull request for an item."""

    item: int
    pull_request: int
    seat: int
    cap_usd: float
    cap_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class StartBuild:
    """Have a pull request, joined with ``main``, certified."""

    pull_request: int


@dataclass(frozen=True, slots=True)
class StartAudit:
    """Have ``main`` built from nothing and its axioms read."""


@dataclass(frozen=True, slots=True)
class StartBackgroundAudit:
    """Have ``main`` as it was after a landing built from nothing, while others land on it."""

    commit: str
    landing: int


@dataclass(frozen=True, slots=True)
class StartResolve:
    """Send a resolver to join an item's pull request with ``main``: which try it is, its dollars and tokens at most."""

    item: int
    pull_request: int
    number: int
    cap_usd: float
    cap_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """A pull request has all the verdicts it needs."""

    pull_request: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """A pull request goes back to its item with reasons."""

    pull_request: int
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Land:
    """An approved pull request may move ``main``; so many builders are free, where it is to be built again."""

    pull_request: int
    builders: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class GiveUp:
    """An item has used up its attempts, or what may be spent on it: then there is a sentence that says so."""

    item: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do: ``done``, ``stuck`` or ``out_of_budget``, and why."""

    state: str
    reason: str


Start = StartReview | StartResolve | StartAttempt
Action = (
    Reap | Revoke | Start | StartBuild | StartAudit | StartBackgroundAudit | Approve | Bounce | Land | GiveUp | Finish
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is to work with.

    Attributes:
        agents: attempts and reviews that the workers can run at once.
        builds: builds and audits that they can run at once.
        call_usd: dollars that the dearest single call of the model may cost: with less, no agent can start.
        call_tokens: tokens that it may use.
    """

    agents: int
    builds: int
    call_usd: float = 0.01
    call_tokens: int = 1
