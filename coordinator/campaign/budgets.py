"""The settings' budgets: what may be spent on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from coordinator.campaign.section import Dollars, Positive, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

_OLD_NAMES = {
    ("budget_usd",): ("budget", "campaign", "usd"),
    ("attempt", "max_cost_usd"): ("budget", "attempt", "usd"),
}
"""Settings of before there was `budget`, which say the same as one of it."""


class SpendingLimit(Section):
    """What may be spent on something; what is left out is not limited."""

    usd: Dollars | None = None
    """Dollars."""
    tokens: Positive | None = None
    """Tokens, read and written."""


class AttemptBudget(Section):
    """What one attempt or review may spend."""

    usd: Dollars = 5.0
    """Dollars; the same as `attempt.max_cost_usd`."""
    tokens: Positive | None = None
    """Tokens, read and written; any number when left out."""


class CampaignBudget(Section):
    """What may be spent in all."""

    usd: Dollars = 50.0
    """Dollars; the same as `budget_usd`."""
    tokens: Positive | None = None
    """Tokens, read and written; any number when left out."""


class BudgetSettings(Section):
    """What may be spent on what."""

    attempt: AttemptBudget = AttemptBudget()
    """One attempt or review."""
    item: SpendingLimit = SpendingLimit()
    """A stage of a node: all attempts at it, and their reviews."""
    node: SpendingLimit = SpendingLimit()
    """A node: its statement and its proof."""
    chapter: SpendingLimit = SpendingLimit()
    """A chapter of the book."""
    campaign: CampaignBudget = CampaignBudget()
    """Everything."""
    hour: SpendingLimit = SpendingLimit()
    """Everything in any one hour."""

    @model_validator(mode="after")
    def _tokens_of_attempts(self) -> BudgetSettings:
        others = (self.item, self.node, self.chapter, self.campaign, self.hour)
        if self.attempt.tokens is None and any(each.tokens for each in others):
            raise ValueError("a limit of tokens needs `budget.attempt.tokens`: so many are kept free for each attempt")
        return self


def say_under_both_names(data: Any) -> Any:
    """Settings as they were written, with each limit that has two names under both.

    Raises:
        ValueError: both names are there and say different things.
    """
    for old, new in _OLD_NAMES.items() if isinstance(data, dict) else ():
        before, now = _at(data, old), _at(data, new)
        if before is None and now is not None:
            data = _with(data, old, now)
        elif now is None and before is not None:
            data = _with(data, new, before)
        elif before != now:
            names = f"`{'.'.join(old)}` and `{'.'.join(new)}`"
            raise ValueError(f"{names} are two names of one limit: leave one of them out")
    return data


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _with(data: Mapping[str, Any], path: tuple[str, ...], value: Any) -> Mapping[str, Any]:
    """The same with a value at a path, unless something else than settings by name stands in its way."""
    name, *rest = path
    inner = data.get(name)
    if not rest:
        return {**data, name: value}
    if inner is not None and not isinstance(inner, dict):
        return data
    return {**data, name: _with(inner or {}, tuple(rest), value)}
