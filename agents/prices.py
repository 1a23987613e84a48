"""What tokens cost, so that money can be a hard limit.

Prices are dollars per million tokens as the vendor listed them on `PRICED_ON`; the cache-write price is that
of the five-minute cache, the only one asked for. A campaign's settings override or add to the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.errors import UnknownModel
from agents.outcome import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

PRICED_ON = "2026-11-20"
"""The day the default table was last compared with the vendor's list."""

REHEARSAL_MODEL = "rehearsal"
"""Name of the scripted stand-in. It is priced like a middling model, so that budgets can be rehearsed too."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs, in dollars per million tokens.

    Attributes:
        input: prompt tokens outside the cache.
        output: tokens written, thinking included.
        cache_write: prompt tokens written to the five-minute cache.
        cache_read: prompt tokens read from the cache.
        long_after: prompts with more tokens than this cost more; ``None``: all cost the same.
        long_factor: how many times more.
    """

    input: float
    output: float
    cache_write: float
    cache_read: float
    long_after: int | None = None
    long_factor: float = 1.0

    def cost(self, usage: Usage) -> float:
        """What one call with this usage costs, in dollars."""
        dear = self.long_after is not None and usage.prompt_tokens > self.long_after
        plain = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_write_tokens * self.cache_write
            + usage.cache_read_tokens * self.cache_read
        )
        return plain * (self.long_factor if dear else 1.0) / _MILLION

    def ceiling(self, prompt_tokens: int, output_tokens: int) -> float:
        """The most a call can cost in dollars, however the prompt meets the cache."""
        dearest = Usage(input_tokens=prompt_tokens, output_tokens=output_tokens)
        written = Usage(cache_write_tokens=prompt_tokens, output_tokens=output_tokens)
        return max(self.cost(dearest), self.cost(written))


_OPUS_5 = Price(5.0, 25.0, 6.25, 0.50)
_SONNET_4 = Price(3.0, 15.0, 3.75, 0.30)
_SONNET_5 = Price(2.0, 10.0, 2.50, 0.20)
_HAIKU_4_5 = Price(1.0, 5.0, 1.25, 0.10)

DEFAULT_PRICES: Mapping[str, Price] = {
    "claude-fable-5-2": Price(8.0, 40.0, 10.0, 0.20),
    "claude-fable-5-1": Price(10.0, 50.0, 12.50, 0.25),
    "claude-fable-5": Price(10.0, 50.0, 12.50, 1.00),
    "claude-opus-5-5": Price(4.0, 20.0, 5.0, 0.20),
    "claude-opus-5": _OPUS_5,
    "claude-opus-4-8": _OPUS_5,
    "claude-opus-4-7": _OPUS_5,
    "claude-opus-4-6": _OPUS_5,
    "claude-opus-4-5": _OPUS_5,
    "claude-opus-4-5-20251101": _OPUS_5,
    "claude-sonnet-5-5": _SONNET_5,
    "claude-sonnet-5": _SONNET_5,
    "claude-sonnet-4-6": _SONNET_4,
    "claude-sonnet-4-5": _SONNET_4,
    "claude-sonnet-4-5-20250929": _SONNET_4,
    "claude-haiku-5-5": Price(0.10, 0.50, 0.125, 0.01, long_after=100_000, long_factor=5.0),
    "claude-haiku-4-5": _HAIKU_4_5,
    "claude-haiku-4-5-20251001": _HAIKU_4_5,
    REHEARSAL_MODEL: _SONNET_5,
}


class PriceTable:
    """Prices by model name: the dated default table, with a campaign's own prices laid over it."""

    def __init__(self, overrides: Mapping[str, Price] | None = None) -> None:
        self._prices: dict[str, Price] = {**DEFAULT_PRICES, **(overrides or {})}

    def price(self, model: str) -> Price:
        """The price of a model.

        Raises:
            UnknownModel: the table has none, so that its cost could not be limited.
        """
        try:
            return self._prices[model]
        except KeyError:
            raise UnknownModel(
                f"the model {model!r} has no price (the table is of {PRICED_ON}), so its cost cannot be "
                "limited: add its dollars per million tokens to the campaign's prices, or choose one of "
                f"{', '.join(sorted(self._prices))}"
            ) from None
