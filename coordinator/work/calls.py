"""Commands to the broker from many threads, gathered: whoever comes while others are on the way goes with the next lot.

Alone a thread waits for nobody. With hundreds of them, one write carries the commands of all.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis

Command = tuple[str | int | bytes, ...]
"""A command as the broker's protocol has it: its name, then its arguments."""


@dataclass(eq=False)
class _Lot:
    """What one thread wants, whether it is to send for all who wait, and what became of it."""

    commands: Sequence[Command]
    leads: bool = False
    woken: threading.Event = field(default_factory=threading.Event)
    answers: Sequence[Any] = ()
    error: Exception | None = None


class Calls:
    """Sends commands through one client. Safe for many threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._guard = threading.Lock()
        self._waiting: list[_Lot] = []
        self._under_way = False

    def make(self, *commands: Command) -> list[Any]:
        """Sends commands in this order and returns their answers.

        Raises:
            redis.RedisError: the broker is away, or refused one of them. Others may have been carried out.
        """
        lot = _Lot(commands)
        with self._guard:
            self._waiting.append(lot)
            lot.leads, self._under_way = not self._under_way, True
        if not lot.leads:
            lot.woken.wait()
        if lot.leads:
            self._lead()
        if lot.error is not None:
            raise lot.error
        for answer in lot.answers:
            if isinstance(answer, Exception):
                raise answer
        return list(lot.answers)

    def _lead(self) -> None:
        """Sends what waits, one's own among it, and appoints the first of those who came meanwhile."""
        with self._guard:
            lots, self._waiting = self._waiting, []
        self._send(lots)
        with self._guard:
            self._under_way = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].woken.set()

    def _send(self, lots: list[_Lot]) -> None:
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for lot in lots:
                    for command in lot.commands:
                        pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis has none there
                answers = pipe.execute(raise_on_error=False)
            for lot in lots:
                lot.answers, answers = answers[: len(lot.commands)], answers[len(lot.commands) :]
        except Exception as error:  # noqa: BLE001 - those who wait are told, whatever it was
            for lot in lots:
                lot.error = error
        finally:
            for lot in lots:
                lot.woken.set()
