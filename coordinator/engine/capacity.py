"""What a campaign has to work with: the slots of its workers, and what one call of its model may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.schedule.actions import Capacity
from coordinator.schedule.budget import Money

if TYPE_CHECKING:
    from coordinator.campaign.settings import Settings
    from coordinator.work.carrier import Carrier

_PROMPT_TOKENS = 30_000
"""Tokens of a prompt that any agent may be expected to send: no agent starts with less money than that costs."""


def dearest_call(settings: Settings) -> Money:
    """What one call of the dearest of the campaign's models may take.

    Raises:
        agents.errors.UnknownModel: one of them has no price.
    """
    written, table = settings.attempt.max_output_tokens, settings.model.price_table()
    usd = max(table.price(name).ceiling(_PROMPT_TOKENS, written) for name in settings.model.names)
    return Money(usd, _PROMPT_TOKENS + written)


def capacity_of(settings: Settings, call: Money, carrier: Carrier) -> Capacity:
    """What this host's workers can do (also before they are up), and those elsewhere that are there."""
    workers = settings.workers
    agents, builds = max(workers.agents, carrier.slots("agents")), max(workers.builds, carrier.slots("builds"))
    return Capacity(agents, builds, call.usd, int(call.tokens))
