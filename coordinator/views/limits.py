"""What is spent of what may be spent: the limits of the settings beside what they are of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.schedule.budget import Scope, limits_of
from coordinator.schedule.chapters import Chapters
from coordinator.schedule.purse import HOUR
from coordinator.store.purses import load_purse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint import Blueprint
    from coordinator.campaign.settings import Settings
    from coordinator.schedule.budget import Money
    from coordinator.schedule.purse import Purse
    from coordinator.store.transaction import Transaction


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


def has_chapter_limits(settings: Settings) -> bool:
    """Whether the settings limit chapters: then the book tells what was spent in which."""
    return Scope.CHAPTER in limits_of(settings).limited


def read_standings(transaction: Transaction, settings: Settings, book: Blueprint | None, now: float) -> list[Standing]:
    """The same as `standings`, of a store; with as little reading as the limits that there are ask for.

    Args:
        transaction: of the store.
        settings: with the limits.
        book: may be left out where no chapter has a limit.
        now: seconds since the epoch.
    """
    if book is not None and has_chapter_limits(settings):
        from coordinator.store.loading import load_state  # noqa: PLC0415 - few campaigns limit chapters

        state = load_state(transaction, book)
        return standings(state.purse, state.chapters, settings, now)
    limits_hour = Scope.HOUR in limits_of(settings).limited
    purse = load_purse(transaction, now - HOUR if limits_hour else None)
    return standings(purse, Chapters(), settings, now)


def standings(purse: Purse, chapters: Chapters, settings: Settings, now: float) -> list[Standing]:
    """The campaign's limit, and those of the hour before `now` (seconds since the epoch) and of chapters, if any."""
    limits = limits_of(settings)
    purse.overshot(limits, now)  # what was spent more than an hour ago leaves the hour
    found = []
    for scope, of in _scopes(chapters):
        limit = limits.of(scope)
        if math.isfinite(limit.usd) or math.isfinite(limit.tokens):
            spent = purse.spent_on(scope, of)
            promised = purse.committed_on(scope, of) - spent
            found.append(_standing(scope, chapters.name(of) if of else "", spent, promised, limit))
    return found


def _scopes(chapters: Chapters) -> Iterator[tuple[Scope, str]]:
    yield Scope.CAMPAIGN, ""
    yield Scope.HOUR, ""
    for chapter in dict.fromkeys(chapters.of.values()):
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
