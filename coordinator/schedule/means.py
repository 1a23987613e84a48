"""Within one's means: as much of what is wanted as slots and the limits of spending allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coordinator.schedule.budget import Money, Scope, Shortage, say
from coordinator.schedule.purse import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from coordinator.schedule.actions import Capacity, Start
    from coordinator.schedule.budget import Limits
    from coordinator.schedule.state import CampaignState, Item

_WIDE = {Scope.CAMPAIGN, Scope.HOUR}
"""Scopes whose limit stands against all jobs alike."""


@dataclass(slots=True)
class Affordable:
    """What can be begun, and what stands against the rest.

    Attributes:
        started: with their caps, in order.
        hopeless: items on which nothing more can be spent, with the sentence why.
        shortage: the limit that kept others from being begun; of several one that lasts, if one does.
    """

    started: list[Start] = field(default_factory=list)
    hopeless: list[tuple[int, str]] = field(default_factory=list)
    shortage: Shortage | None = None

    @property
    def is_over(self) -> bool:
        """Whether a limit that lasts stands against all jobs alike."""
        return self.shortage is not None and self.shortage.lasts and self.shortage.scope in _WIDE

    def note(self, shortage: Shortage) -> None:
        """Takes note of a limit that stands against something."""
        if self.shortage is None or (shortage.lasts and not self.shortage.lasts):
            self.shortage = shortage


def within_means(
    wanted: Callable[[Callable[[str], bool]], Iterable[Start]],
    state: CampaignState,
    limits: Limits,
    capacity: Capacity,
    now: float,
) -> Affordable:
    """As many of what is `wanted` as slots and money allow.

    A limit of the campaign or of the hour ends it. One of a chapter that running jobs may lift closes the chapter;
    others pass over an item. An idle item whose limit is spent for good is hopeless.

    Args:
        wanted: what to begin, the best first, where chapters can be closed.
        state: the campaign as it stands.
        limits: that are in force.
        capacity: slots and the price of a call.
        now: seconds since the epoch.
    """
    free = capacity.agents - sum(job.kind in {"attempt", "review", "resolve"} for job in state.jobs)
    call, draft, closed = Money(capacity.call_usd, capacity.call_tokens), Draft(), set[str]()
    found = Affordable()
    for action in wanted(closed.__contains__) if free > 0 else ():
        account = state.account(action.item)
        full = full_cap(None if hasattr(action, "seat") else state.by_id[action.item], limits)
        short = state.purse.shortage(account, call.least(full), full, limits, now, draft)
        if short is not None:
            found.note(short)
            if short.scope in _WIDE:
                break
            if short.lasts and state.is_idle(action.item):
                found.hopeless.append((action.item, say(short, state.chapters.name(short.of))))
            elif short.scope is Scope.CHAPTER and not short.lasts:
                closed.add(account.chapter)
            continue
        cap = state.purse.room(account, limits, now, draft).least(full)
        draft.promise(account, cap)
        tokens = int(cap.tokens) if math.isfinite(cap.tokens) else None
        found.started.append(replace(action, cap_usd=cap.usd, cap_tokens=tokens))
        if len(found.started) >= free:
            break
    return found


def full_cap(item: Item | None, limits: Limits) -> Money:
    """What an agent may spend where nothing is scarce.

    Args:
        item: that it attempts, for which a person may have allowed other dollars; ``None`` for a review.
        limits: that are in force.
    """
    return limits.attempt if item is None or not item.max_cost_usd else replace(limits.attempt, usd=item.max_cost_usd)
