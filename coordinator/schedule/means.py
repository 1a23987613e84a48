"""Within one's means: as much of what is wanted as slots and money allow."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coordinator.campaign.settings import Settings
    from coordinator.schedule.scheduler import Capacity, Start
    from coordinator.schedule.state import CampaignState


def within_means(
    wanted: Iterable[Start], state: CampaignState, settings: Settings, capacity: Capacity
) -> tuple[list[Start], bool]:
    """As many of `wanted` as slots and money allow, each with its cap; and whether money was what ended it."""
    free = capacity.agents - sum(job.kind in {"attempt", "review", "resolve"} for job in state.jobs)
    room = settings.budget_usd - state.spent_usd - state.reserved_usd
    started: list[Start] = []
    for action in islice(wanted, max(free, 0)):
        full_cap = _full_cap(action, state, settings)
        cap = min(full_cap, room)
        if cap < min(capacity.call_usd, full_cap):
            return started, True
        room -= cap
        started.append(replace(action, cap_usd=cap))
    return started, False


def _full_cap(action: Start, state: CampaignState, settings: Settings) -> float:
    """Dollars for an agent where money is no object; those that a person chose are not for reviews."""
    allowed = 0.0 if hasattr(action, "seat") else state.by_id[action.item].max_cost_usd
    return allowed or settings.attempt.max_cost_usd
