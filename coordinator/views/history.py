"""A campaign's log: what happened, when, and at which node, read on as it grows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, func, or_, select

from coordinator.store.schema import events, items, jobs, pull_requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction

_AT_ONCE = 1000
"""Events read at once, and so held in memory, of a whole log."""

_LOOKED_THROUGH = 10_000
"""Events looked through at once for those of one node, of which there are few."""

_SECONDS_KEPT = 1024
_COMMITS = frozenset({"commit", "head", "tip"})
_COMMIT_SHOWN = 10
_WORDS_SHOWN = 200
_NAMES = {"pull_request": "pull request"}
_NOTHING = (None, "", 0.0)
"""What a line is silent about."""


class Happening(NamedTuple):
    """One event, with the node it was about. A tuple, for a large campaign's log has hundreds of thousands.

    Attributes:
        id: its number in the log.
        at: seconds since the epoch.
        kind: what happened, such as ``attempt_sent``.
        node: label of the node; empty where it was about none.
        stage: ``statement``, ``proof``, or empty.
        data: what else is known of it.
    """

    id: int
    at: float
    kind: str
    node: str
    stage: str
    data: Mapping[str, Any]

    def as_json(self) -> str:
        """One line of JSON."""
        return _as_json(self._asdict())

    def as_line(self) -> str:
        """One line for people."""
        about = f"{self.node} ({self.stage}): " if self.stage else f"{self.node}: " if self.node else ""
        more = [_words(key, value) for key, value in self.data.items() if value not in _NOTHING and key != "node"]
        return f"{_moment(int(self.at))}  {about}{', '.join([self.kind.replace('_', ' '), *more])}"


class History:
    """Reads a store's log from its beginning, and then what is new. Not for several threads.

    Args:
        store: whose.
        node: label of the node that is of interest; all are where it is left out.
    """

    def __init__(self, store: Store, node: str | None = None) -> None:
        self._store = store
        self._node = node
        self._last = 0
        self._end = (0, 0.0)

    def read_on(self) -> Iterator[Happening]:
        """What happened since the last call, oldest first, as it is read: no log is too long for it.

        Where a backup was put in the store's place meanwhile, that is what happened in it after all that was told.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._store.begin() as transaction:
            self._find_end(transaction)
        statement, width, about = _ALL, _AT_ONCE, {}
        if self._node is not None:
            statement, width = _OF_NODE, _LOOKED_THROUGH
            about = {"node": self._node, "its_statement": f"statement:{self._node}", "its_proof": f"proof:{self._node}"}
        while self._last < self._end[0]:
            # In pieces: a reader that dawdles, such as a pager, must not keep the store's old pages from being reused.
            until = min(self._last + width, self._end[0])
            with self._store.begin() as transaction:
                rows = transaction.execute(statement, {"after": self._last, "until": until, **about}).all()
            for id_, at, kind, data, subject in rows:
                known = _read_json(data)[0]
                known.pop("item", None)
                stage, _, node = (subject or "").partition(":")
                yield Happening(id_, at, kind, node or str(known.get("node", "")), stage, known)
            self._last = until

    def _find_end(self, transaction: Transaction) -> None:
        number, at = self._end
        if number and transaction.execute(select(events.c.at).where(events.c.id == number)).scalar() != at:
            told = select(func.max(events.c.id)).where(events.c.at <= at)
            self._last = transaction.execute(told).scalar() or 0
        newest = transaction.execute(select(events.c.id, events.c.at).order_by(events.c.id.desc()).limit(1)).first()
        self._end = (0, 0.0) if newest is None else (newest.id, newest.at)


def _named(key: str) -> ColumnElement[int]:
    """The record that an event names by this key."""
    number: ColumnElement[int] = events.c.data[key].as_integer()
    return number


_ITEM = func.coalesce(
    _named("item"),
    select(jobs.c.item).where(jobs.c.id == _named("job")).correlate(events).scalar_subquery(),
    select(pull_requests.c.item)
    .where(pull_requests.c.number == _named("pull_request"))
    .correlate(events)
    .scalar_subquery(),
)
"""The item that an event was about: the one it names, or else that of the job or the pull request it names."""

_SUBJECT = select(items.c.stage + ":" + items.c.label).where(items.c.id == _ITEM).correlate(events).scalar_subquery()
"""Its stage and its node, looked up for each event: of joins, a planner may read whole tables for every piece."""

_ALL = (
    select(events.c.id, events.c.at, events.c.kind, cast(events.c.data, Text), _SUBJECT)
    .where(events.c.id > bindparam("after"), events.c.id <= bindparam("until"))
    .order_by(events.c.id)
)

_OF_NODE = _ALL.where(
    or_(
        _SUBJECT.in_([bindparam("its_statement"), bindparam("its_proof")]),
        events.c.data["node"].as_string() == bindparam("node"),
    )
)

_read_json = json.JSONDecoder().raw_decode
_as_json = json.JSONEncoder(check_circular=False).encode


@lru_cache(_SECONDS_KEPT)
def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _words(key: str, value: Any) -> str:
    """What a line says of one thing that is known."""
    if type(value) is int:
        return f"{_NAMES.get(key, key)} {value}"
    if key == "cost_usd":
        return f"${value:.4f}"
    text = " ".join(str(value).split())
    return f"{key} {text[:_COMMIT_SHOWN] if key in _COMMITS else text[:_WORDS_SHOWN]}"
