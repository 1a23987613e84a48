"""The meter of one attempt: what it used, what it may still use, and the end when a limit is reached."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agents.endings import LimitReached
from agents.outcome import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.assignment import Limits
    from agents.prices import Price

BYTES_PER_TOKEN = 2.5
"""Deliberately low (English is nearer to 4, Lean with its symbols nearer to 3): reservations err upwards."""


class Meter:
    """Counts what an attempt uses and stops it before a limit is overrun.

    Invariant: a request is sent only after `reserve` has returned, and `reserve` returns only when the dearest
    answer to it would stay within the limits of money and of tokens.
    """

    def __init__(self, limits: Limits, price: Price, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._price = price
        self._clock = clock
        self._deadline = clock() + limits.wall_seconds
        self.usage = Usage()

    @property
    def seconds_left(self) -> float:
        """Seconds until the attempt's time is up; negative afterwards."""
        return self._deadline - self._clock()

    def check_time(self) -> None:
        """Stop when the time is up.

        Raises:
            LimitReached: it is.
        """
        if self.seconds_left <= 0:
            raise LimitReached("wall", f"The attempt's {self._limits.wall_seconds:g} seconds are over.")

    def check_calls(self) -> None:
        """Stop when no further call is allowed.

        Raises:
            LimitReached: all calls are made.
        """
        if self.usage.calls >= self._limits.max_calls:
            raise LimitReached("calls", f"All {self._limits.max_calls} calls of the attempt are made.")

    def reserve(self, prompt_bytes: int, max_output_tokens: int) -> None:
        """Make sure that the next request fits into the money and the tokens that are left.

        Args:
            prompt_bytes: size of the request; its tokens are estimated upwards from it.
            max_output_tokens: the most the model may write.

        Raises:
            LimitReached: the dearest answer would overrun the limit.
        """
        tokens = int(prompt_bytes / BYTES_PER_TOKEN) + 1
        ceiling = self._price.ceiling(tokens, max_output_tokens)
        if self.usage.cost_usd + ceiling > self._limits.max_cost_usd:
            raise LimitReached(
                "cost",
                f"The next call could cost ${ceiling:.4f}, and ${self.usage.cost_usd:.4f} of the attempt's "
                f"${self._limits.max_cost_usd:.4f} is spent.",
            )
        used, most = self.usage.prompt_tokens + self.usage.output_tokens, self._limits.max_tokens
        if most is not None and used + tokens + max_output_tokens > most:
            raise LimitReached(
                "tokens",
                f"The next call could use {tokens + max_output_tokens} tokens, and {used} of the attempt's {most} are "
                "used.",
            )

    def record(self, tokens: Usage, *, answered: bool) -> None:
        """Add what a request used.

        Args:
            tokens: the tokens; its cost is worked out here.
            answered: whether the answer came in full; one that broke off is paid for all the same.
        """
        self.usage += Usage(
            input_tokens=tokens.input_tokens,
            output_tokens=tokens.output_tokens,
            cache_read_tokens=tokens.cache_read_tokens,
            cache_write_tokens=tokens.cache_write_tokens,
            calls=1 if answered else 0,
            cost_usd=self._price.cost(tokens),
        )

    def count_retry(self) -> None:
        """Count a request that is going to be sent again."""
        self.usage += Usage(retries=1)
