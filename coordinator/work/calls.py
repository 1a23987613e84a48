"""Commands to the broker from many threads, gathered: one write carries the commands of all who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordinator.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis

Command = tuple[str | int | bytes, ...]
"""A command as the broker's protocol has it: its name, then its arguments."""


class Calls:
    """Sends commands through one client. Safe for many threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._gathering: Gathering[Sequence[Command], list[Any]] = Gathering(self._send)

    def make(self, *commands: Command) -> list[Any]:
        """Sends commands in this order and returns their answers.

        Raises:
            redis.RedisError: the broker is away, or refused one of them. Others may have been carried out.
        """
        answers = self._gathering.wish(commands)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _send(self, lots: Sequence[Sequence[Command]]) -> list[list[Any]]:
        with self._client.pipeline(transaction=False) as pipe:
            for commands in lots:
                for command in commands:
                    pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis has none there
            answers = iter(pipe.execute(raise_on_error=False))
        return [[next(answers) for _ in commands] for commands in lots]
