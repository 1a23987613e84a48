"""Work done again and again in the background of a run: one thread, one piece at a time."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Recurring:
    """Does a piece of work every so often, whenever it is asked to and the last piece is over. Use as a context.

    Args:
        work: what to do; it answers for its own errors.
        seconds: from the start of one piece to that of the next.
        first: seconds until the first.
        name: of its thread.
    """

    def __init__(self, work: Callable[[], None], seconds: float, *, first: float, name: str) -> None:
        self._work = work
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._last: Future[None] | None = None
        self._due_at = time.monotonic() + first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def start_if_due(self) -> None:
        """Starts the next piece of work when it is time for it and the last is over."""
        if time.monotonic() < self._due_at or (self._last is not None and not self._last.done()):
            return
        self._due_at = time.monotonic() + self._seconds
        self._last = self._pool.submit(self._work)
