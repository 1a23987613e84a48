"""A campaign's log: what happened, when, and at which node, read on as it grows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.store.schema import events, items, jobs, pull_requests
from coordinator.store.store import select_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Row

    from coordinator.store.store import Store, Transaction

_AT_ONCE = 1000
"""Events held in memory."""

_COMMITS = frozenset({"commit", "head", "tip"})
_COMMIT_SHOWN = 10
_WORDS_SHOWN = 200
_NAMES = {"job": "job", "pull_request": "pull request"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, with the node it was about.

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
        told = {"id": self.id, "at": self.at, "kind": self.kind, "node": self.node, "stage": self.stage}
        return json.dumps({**told, "data": {key: value for key, value in self.data.items() if key != "item"}})

    def as_line(self) -> str:
        """One line for people."""
        when = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        about = f"{self.node} ({self.stage}): " if self.node else ""
        words = [self.kind.replace("_", " "), *filter(None, map(_words, self.data.items()))]
        return f"{when}  {about}{', '.join(words)}"


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
        self._items: dict[int, tuple[str, str]] = {}
        self._item_of_job: dict[int, int | None] = {}
        self._item_of_request: dict[int, int | None] = {}

    def read_on(self) -> Iterator[Happening]:
        """What happened since the last call, oldest first.

        Raises:
            StoreError: the store cannot be read.
        """
        while True:
            with self._store.begin() as transaction:
                newer = select(events).where(events.c.id > self._last).order_by(events.c.id).limit(_AT_ONCE)
                rows = transaction.execute(newer).all()
                self._learn(transaction, rows)
            for row in rows:
                self._last = row.id
                node, stage = self._items.get(self._item_of(row.data) or 0, ("", ""))
                if self._node in {None, node}:
                    yield Happening(row.id, row.at, row.kind, node, stage, row.data)
            if len(rows) < _AT_ONCE:
                return

    def _learn(self, transaction: Transaction, rows: Iterable[Row[*tuple[Any, ...]]]) -> None:
        """Reads to which items the jobs and pull requests belong that events name without one."""
        data = [row.data for row in rows]
        bare = [each for each in data if each.get("item") is None]
        for key, column, known in (
            ("job", jobs.c.id, self._item_of_job),
            ("pull_request", pull_requests.c.number, self._item_of_request),
        ):
            wanted = {each[key] for each in bare if each.get(key) is not None} - known.keys()
            found = select(column.label("key"), column.table.c.item)
            known.update((row.key, row.item) for row in select_among(transaction, found, column, wanted))
        unknown = {item for each in data if (item := self._item_of(each)) is not None} - self._items.keys()
        for row in select_among(transaction, select(items), items.c.id, unknown):
            self._items[row.id] = (row.label, row.stage)

    def _item_of(self, data: Mapping[str, Any]) -> int | None:
        if data.get("item") is not None:
            return int(data["item"])
        return self._item_of_job.get(data.get("job", 0)) or self._item_of_request.get(data.get("pull_request", 0))


def _words(entry: tuple[str, Any]) -> str:
    """What a line says of one thing that is known; nothing of what is empty."""
    key, value = entry
    if key == "item" or value in (None, "", 0.0):
        return ""
    if key in _NAMES:
        return f"{_NAMES[key]} {value}"
    if key == "cost_usd":
        return f"${value:.4f}"
    text = " ".join(str(value).split())
    return f"{key} {text[:_COMMIT_SHOWN] if key in _COMMITS else text[:_WORDS_SHOWN]}"
