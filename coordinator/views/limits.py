"""What is spent of what may be spent: the limits of the settings beside what they are of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.schedule.budget import Scope, limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.campaign.settings import Settings
    from coordinator.schedule.budget import Money
    from coordinator.schedule.state import CampaignState


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a limit is spent and promised.

    Attributes:
        scope: ``campaign``, ``hour`` or ``chapter``.
        of: the chapter's title; empty for the others.
        spent_usd, spent_tokens: by what has ended; of the hour, in the last one.
        promised_usd, promised_tokens: to what is under way.
        limit_usd, limit_tokens: ``None`` where there is no limit.
    """

    scope: str
    of: str
    spent_usd: float
    spent_tokens: int
    promised_usd: float
    promised_tokens: int
    limit_usd: float | None
    limit_tokens: int | None


def standings(state: CampaignState, settings: Settings, now: float) -> list[Standing]:
    """The campaign's limit, and those of the hour before `now` (seconds since the epoch) and of chapters, if any."""
    limits = limits_of(settings)
    state.purse.overshot(limits, now)  # what was spent more than an hour ago leaves the hour
    found = []
    for scope, of in _scopes(state):
        limit = limits.of(scope)
        if math.isfinite(limit.usd) or math.isfinite(limit.tokens):
            spent = state.purse.spent_on(scope, of)
            promised = state.purse.committed_on(scope, of) - spent
            found.append(_standing(scope, state.chapters.name(of) if of else "", spent, promised, limit))
    return found


def _scopes(state: CampaignState) -> Iterator[tuple[Scope, str]]:
    yield Scope.CAMPAIGN, ""
    yield Scope.HOUR, ""
    for chapter in dict.fromkeys(state.chapters.of.values()):
        yield Scope.CHAPTER, chapter


def _standing(scope: Scope, of: str, spent: Money, promised: Money, limit: Money) -> Standing:
    return Standing(
        scope.value,
        of,
        round(spent.usd, 6),
        int(spent.tokens),
        round(promised.usd, 6),
        int(promised.tokens),
        limit.usd if math.isfinite(limit.usd) else None,
        int(limit.tokens) if math.isfinite(limit.tokens) else None,
    )
