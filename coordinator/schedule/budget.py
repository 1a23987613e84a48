"""Budgets: dollars and tokens, what they are limits of, and whose limit keeps a job from being sent."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.campaign.settings import Settings

Unit = Literal["usd", "tokens"]

_DUST = 1e-6
"""Dollars that sums of floats may be off."""


class Scope(StrEnum):
    """What a limit is set for."""

    ATTEMPT = "attempt"
    """One attempt or review."""
    ITEM = "item"
    """A stage of a node: all attempts at it, and their reviews."""
    NODE = "node"
    """A node: its statement and its proof."""
    CHAPTER = "chapter"
    """A chapter of the book."""
    CAMPAIGN = "campaign"
    """Everything."""
    HOUR = "hour"
    """Everything in any one hour."""


@dataclass(frozen=True, slots=True)
class Money:
    """Dollars and tokens; as a limit, infinite where there is none."""

    usd: float = 0.0
    tokens: float = 0.0

    def __add__(self, other: Money) -> Money:
        """Both together."""
        return Money(self.usd + other.usd, self.tokens + other.tokens)

    def __sub__(self, other: Money) -> Money:
        """What is left of it, which may be less than nothing."""
        return Money(self.usd - other.usd, self.tokens - other.tokens)

    def least(self, other: Money) -> Money:
        """The less of both, in either."""
        return Money(min(self.usd, other.usd), min(self.tokens, other.tokens))

    def most(self, other: Money) -> Money:
        """The more of both, in either."""
        return Money(max(self.usd, other.usd), max(self.tokens, other.tokens))

    def covers(self, other: Money) -> bool:
        """Whether it is enough for `other`, dust aside."""
        return self.usd >= other.usd - _DUST and self.tokens >= other.tokens

    @property
    def finite(self) -> Money:
        """The same with nothing where it is infinite: what is promised without a limit is not added up."""
        return Money(_finite(self.usd), _finite(self.tokens))


def _finite(amount: float) -> float:
    return amount if math.isfinite(amount) else 0.0


UNLIMITED = Money(math.inf, math.inf)
"""The limit that is none."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What one job may spend: dollars, and tokens or any number of them (``None``)."""

    usd: float = 0.0
    tokens: int | None = None

    @property
    def money(self) -> Money:
        """The same as what is promised to the job."""
        return Money(self.usd, math.inf if self.tokens is None else self.tokens)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of each scope.

    Attributes:
        limited: the scopes that have one; the others are never asked about.
    """

    attempt: Money = UNLIMITED
    item: Money = UNLIMITED
    node: Money = UNLIMITED
    chapter: Money = UNLIMITED
    campaign: Money = UNLIMITED
    hour: Money = UNLIMITED
    limited: tuple[Scope, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Finds the scopes that have a limit, which decisions ask of thousands of jobs."""
        object.__setattr__(self, "limited", tuple(scope for scope in Scope if self.of(scope) != UNLIMITED))

    def of(self, scope: Scope) -> Money:
        """The limit of a scope."""
        limit: Money = getattr(self, scope)
        return limit


def limits_of(settings: Settings) -> Limits:
    """The limits that a campaign's settings ask for."""
    return Limits(**{scope.value: _limit(settings, scope) for scope in Scope})


def _limit(settings: Settings, scope: Scope) -> Money:
    section = getattr(settings.budget, scope.value)
    usd, tokens = section.usd, section.tokens
    return Money(math.inf if usd is None else usd, math.inf if tokens is None else tokens)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the spending of a job belongs: an item by its id, its node and its chapter."""

    item: int
    node: str
    chapter: str


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why a job cannot be sent.

    Attributes:
        scope: whose limit it is.
        of: which item (by its id), node or chapter; empty for the campaign and the hour.
        until: seconds since the epoch at which there may be enough; ``None`` where waiting does not help.
        unit: what there is too little of.
        limit: dollars or tokens that may be spent in the scope.
    """

    scope: Scope
    of: str = ""
    until: float | None = None
    unit: Unit = "usd"
    limit: float = 0.0

    @property
    def lasts(self) -> bool:
        """Whether waiting does not help."""
        return self.until is None

    @property
    def setting(self) -> str:
        """The name of the setting to raise."""
        return f"budget.{self.scope.value}.{self.unit}"


_WHOSE: Mapping[Scope, str] = {
    Scope.ATTEMPT: "an attempt",
    Scope.ITEM: "a stage of a node",
    Scope.NODE: "the node",
    Scope.CHAPTER: "chapter {}",
    Scope.CAMPAIGN: "the campaign",
}


def say(shortage: Shortage, chapter: str = "") -> str:
    """One sentence: which limit is used up, and what to do about it; `chapter` is what people call that."""
    amount = f"${shortage.limit:,.2f}" if shortage.unit == "usd" else f"{shortage.limit:,.0f} tokens"
    remedy = f"raise `{shortage.setting}` to go on."
    if shortage.scope is Scope.HOUR:
        return f"One call may take more than the {amount} that may be spent in an hour; {remedy}"
    whose = _WHOSE[shortage.scope].format(chapter or shortage.of)
    return f"The budget of {whose}, {amount}, is spent; {remedy}"
