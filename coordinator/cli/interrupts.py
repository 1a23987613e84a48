"""Ctrl-C where it comes in handy: between two steps of a command, not in the middle of what a library does for it."""

from __future__ import annotations

import signal
from time import sleep
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Interrupts:
    """Puts Ctrl-C off until the next `check` or `rest`; a second one is obeyed at once. Use as a context.

    In the middle of a transaction it would be the database's library that tells, at length, what was cut off.
    """

    def __init__(self) -> None:
        self._asked = False
        self._rests = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """A place to stop at.

        Raises:
            KeyboardInterrupt: somebody pressed Ctrl-C.
        """
        if self._asked:
            raise KeyboardInterrupt

    def rest(self, seconds: float) -> None:
        """Sleeps, unless Ctrl-C was pressed or is pressed meanwhile.

        Raises:
            KeyboardInterrupt: it was.
        """
        self._rests = True
        try:
            self.check()
            sleep(seconds)
        finally:
            self._rests = False

    def _note(self, _number: int, _frame: object) -> None:
        again, self._asked = self._asked, True
        if again or self._rests:
            raise KeyboardInterrupt
