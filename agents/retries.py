"""Which failures of a service pass by themselves, and how long to wait for that."""

from __future__ import annotations

import email.utils
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anthropic

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_PASSING_STATUS = frozenset({408, 409, 425, 429})
_PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
_SERVER_ERROR = 500
_LONGEST_SENTENCE = 300


class Broken(Exception):
    """An answer broke off, or is none; sending the request again may help."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed.

    Attributes:
        passing: whether sending it again can help.
        sentence: what happened, on one line.
        retry_after: seconds the service asks to wait; ``None`` when it does not say.
    """

    passing: bool
    sentence: str
    retry_after: float | None = None


def classify(error: Exception) -> Failure:
    """Tell a passing failure from a lasting one.

    Args:
        error: what the client raised, in the request or in the middle of a stream.
    """
    if isinstance(error, anthropic.APIStatusError):
        status = error.status_code
        passing = status in _PASSING_STATUS or status >= _SERVER_ERROR or error.type in _PASSING_TYPES
        said = error.api_message or error.message
        return Failure(passing, _sentence(f"{status} {said}", status), _retry_after(error))
    if isinstance(error, anthropic.APIConnectionError):
        cause = error.__cause__
        return Failure(passing=True, sentence=_line(f"{error.message} {cause or ''}"))
    if isinstance(error, anthropic.AnthropicError):
        return Failure(passing=False, sentence=_line(f"the client cannot send the request: {error}"))
    # What is left broke in the middle of a stream: the transport, or the bytes it carried.
    return Failure(passing=True, sentence=_line(f"the connection broke: {error or type(error).__name__}"))


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` to `longest` seconds, jittered so that a thousand agents do not march in step."""

    random: random.Random
    first: float = 0.5
    longest: float = 60.0

    def delay(self, number: int, retry_after: float | None) -> float:
        """Seconds to wait before repeat `number` (from 1); never less than the service asks for."""
        own = min(self.longest, self.first * 2.0 ** min(number - 1, 20)) * self.random.uniform(0.5, 1.0)
        if retry_after is None:
            return own
        return max(0.0, retry_after) + self.random.uniform(0.0, self.first)


def _retry_after(error: anthropic.APIStatusError, now: Callable[[], float] = time.time) -> float | None:
    """Seconds from the ``retry-after`` header, which holds seconds or a date."""
    value: str = error.response.headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        date = email.utils.parsedate_tz(value)
        when = None if date is None else float(email.utils.mktime_tz(date))
        return None if when is None else max(0.0, when - now())
    return seconds if math.isfinite(seconds) else None


def _sentence(said: str, status: int) -> str:
    remedy = {
        401: "; set ANTHROPIC_API_KEY to a valid key",
        402: "; add credit at the service",
        403: "; the key may not use this model or service",
        404: "; check the model's name and the service's URL",
        413: "; the conversation is too long for the service",
    }.get(status, "")
    return _line(said) + remedy


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_SENTENCE]
