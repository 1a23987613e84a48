"""Faults a service has on bad days, each at a chosen request, each once."""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(Enum):
    """What goes wrong with one request."""

    RATE_LIMIT = "429, with a `retry-after` of one second"
    OVERLOADED = "529"
    BROKEN = "500"
    OVERLOADED_LATE = "an error event in the middle of the stream"
    DROP = "the connection is reset in the middle of the stream"
    TRUNCATE = "the stream ends politely, before the message does"
    STALL = "the stream falls silent in its middle"
    REFUSE = "401"


class Faults:
    """Hands out the faults of a plan by counting requests; safe for several threads.

    Args:
        plan: number of the request, from 1, to what goes wrong with it.
    """

    def __init__(self, plan: Mapping[int, Fault] | None = None) -> None:
        self._plan = dict(plan or {})
        self._count = 0
        self._lock = threading.Lock()

    def next(self) -> Fault | None:
        """Count a request; what goes wrong with it, if anything."""
        with self._lock:
            self._count += 1
            return self._plan.get(self._count)
