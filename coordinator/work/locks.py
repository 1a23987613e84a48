"""Locks: what every reviewed declaration means, as workers know it without being told in each order.

The coordinator appends to a stream in the broker what each landing locked. A worker keeps what it has read and asks for
what came since; an order says how many landings it reckons with, and what landed later is not seen by it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from coordinator.errors import LocksMissing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import redis

_READ_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Lock:
    """What a landing locked: a statement when it was stated, or that its proof is there.

    Attributes:
        landing: number of the landing, at least 1.
        declaration: its full name.
        meaning: meaning digest of the reviewed statement; empty where a person took it away.
        is_open: whether its proof is still to come.
    """

    landing: int
    declaration: str
    meaning: str
    is_open: bool

    def fields(self) -> dict[str, str]:
        """The lock as a stream holds it."""
        return {"declaration": self.declaration, "meaning": self.meaning, "open": "1" if self.is_open else ""}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a declaration: its meaning digest, and the landings that stated and proved it."""

    meaning: str
    stated: int
    proved: int | None

    def is_open(self, landing: int) -> bool:
        """Whether it was stated, and not yet proved, as of a landing."""
        return self.stated <= landing and (self.proved is None or self.proved > landing)


@dataclass(frozen=True)
class Locks:
    """What is locked as of a landing.

    Whoever asks for one declaration pays for one: the whole of a book is gathered only when it is asked for.

    Attributes:
        known: what a worker has read of a campaign, by declaration; it may hold more than landed by then.
        landing: the number of the landing.
    """

    known: Mapping[str, Known]
    landing: int

    def meaning(self, declaration: str) -> str | None:
        """Meaning digest of a reviewed declaration; ``None`` for another."""
        found = self.known.get(declaration)
        return found.meaning if found is not None and found.stated <= self.landing else None

    def is_open(self, declaration: str) -> bool:
        """Whether a declaration was reviewed and its proof is still to come."""
        found = self.known.get(declaration)
        return found is not None and found.is_open(self.landing)

    @cached_property
    def locked(self) -> Mapping[str, str]:
        """Meaning digest of every reviewed declaration, by name."""
        return {name: each.meaning for name, each in list(self.known.items()) if each.stated <= self.landing}

    @cached_property
    def open_statements(self) -> Mapping[str, str]:
        """Those of them whose proof is still to come."""
        return {name: each.meaning for name, each in list(self.known.items()) if each.is_open(self.landing)}

    def open_besides(self, declaration: str) -> dict[str, str]:
        """Open statements but for one: the one that is worked on."""
        return {name: meaning for name, meaning in self.open_statements.items() if name != declaration}


class LockBook:
    """The locks of campaigns as one worker process knows them. Safe for many threads.

    Args:
        client: of the broker; without one, nothing is locked.
    """

    def __init__(self, client: redis.Redis | None = None) -> None:
        self._client = client
        self._known: dict[str, dict[str, Known]] = {}
        self._read: dict[str, int] = {}
        self._guard = threading.Lock()

    def as_of(self, campaign: str, landing: int) -> Locks:
        """What is locked once so many landings were made.

        Raises:
            LocksMissing: the broker does not hold as many: it lost them, and is told them again soon.
            redis.RedisError: it does not answer.
        """
        with self._guard:
            if self._read.get(campaign, 0) < landing:
                self._read_on(campaign, landing)
            return Locks(self._known.setdefault(campaign, {}), landing)

    def close(self) -> None:
        """Closes the connection."""
        if self._client is not None:
            self._client.close()

    def _read_on(self, campaign: str, landing: int) -> None:
        for lock in self._unread(campaign):
            self._note(campaign, lock)
        if self._read.get(campaign, 0) < landing:
            raise LocksMissing(
                f"The broker does not hold what is locked as of landing {landing}; it is told again soon."
            )

    def _unread(self, campaign: str) -> Iterable[Lock]:
        if self._client is None:
            return
        while True:
            after = self._read.get(campaign, 0)
            answer = self._client.xrange(locks_key(campaign), min=f"({after}-0", count=_READ_AT_ONCE)
            entries = cast("list[tuple[str, dict[str, str]]]", answer)
            for identifier, fields in entries:
                number = int(identifier.partition("-")[0])
                yield Lock(number, fields["declaration"], fields["meaning"], bool(fields["open"]))
            if len(entries) < _READ_AT_ONCE:
                return

    def _note(self, campaign: str, lock: Lock) -> None:
        known = self._known.setdefault(campaign, {})
        before = known.get(lock.declaration)
        self._read[campaign] = lock.landing
        if not lock.meaning:
            known.pop(lock.declaration, None)
            return
        if before is not None and before.meaning == lock.meaning and not lock.is_open:
            known[lock.declaration] = replace(before, proved=lock.landing)
        else:
            proved = None if lock.is_open else lock.landing
            known[lock.declaration] = Known(lock.meaning, lock.landing, proved)


def locks_key(campaign: str) -> str:
    """Key of the stream of locks."""
    return f"blueprover:{campaign}:locks"
