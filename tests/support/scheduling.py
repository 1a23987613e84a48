"""Campaigns as the scheduler sees them, written down in a line, and what it decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint import DependencyGraph
from coordinator.campaign.settings import Settings
from coordinator.schedule.actions import Capacity
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.scheduler import decide
from coordinator.schedule.state import CampaignState, Item

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.schedule.actions import Action


CAPACITY = Capacity(agents=4, builds=2)


SETTINGS = Settings.model_validate({"retry": {"max_attempts": 4, "backoff_seconds": 0.5}, "budget_usd": 1000.0})


RACING = Settings.model_validate(
    {
        "retry": {"max_attempts": 5, "backoff_seconds": 0.5},
        "budget_usd": 1000.0,
        "race": {"max_width": 3, "blocks_many": 1, "after_failures": 1},
    }
)


HEAD, OLD = "a" * 40, "0" * 40


def state(*items: Item, **more: object) -> CampaignState:
    """A campaign whose main passed an audit once, before it was what it is now."""
    return CampaignState(items={(item.label, item.stage): item for item in items}, **{"audited": OLD, **more})  # type: ignore[arg-type]


def item(number: int, label: str, stage: str = "statement", **more: object) -> Item:
    return Item(number, label, stage, "open", **more) if "state" not in more else Item(number, label, stage, **more)  # type: ignore[arg-type]


def decided(now_state: CampaignState, made: Blueprint, now: float = 0.0, rules: Settings = SETTINGS) -> list[Action]:
    return decide(now_state, readiness(now_state, made, rules), rules, CAPACITY, now)


def readiness(now_state: CampaignState, made: Blueprint, rules: Settings = SETTINGS) -> Readiness:
    return Readiness(DependencyGraph(made), now_state, rules)
