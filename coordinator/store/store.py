"""The store: one SQLite file (WAL) that is the truth about a campaign. Only the coordinator writes it.

Every transition is one function and one transaction: see `items`, `jobs`, `requests`, `landings` and `reports`.
Readers, such as ``blueprover status``, open it read-only while the campaign runs.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVarTuple, overload

from sqlalchemy import create_engine, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from coordinator.errors import StoreError
from coordinator.store.schema import SCHEMA_VERSION, events, meta, metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, CursorResult, Row, Select
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.selectable import TypedReturnsRows

_BUSY_MILLISECONDS = 10_000

_AT_ONCE = 500
"""Ids asked for in one statement."""

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a line of the campaign's log.

    Attributes:
        kind: what, in a word or two.
        at: seconds since the epoch.
        data: the ids of all records it changed (``item``, ``job``, ``pull_request``), and what else is of interest.
    """

    kind: str
    at: float
    data: Mapping[str, Any]


@dataclass(slots=True)
class Transaction:
    """One transaction under way: all of it is kept, or none.

    Attributes:
        connection: to the database.
        events: what happened in it so far; appended to the campaign's log with it.
        meta: values kept by name that it set.
    """

    connection: Connection
    events: list[Event] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    @overload
    def execute(self, statement: TypedReturnsRows[*Columns], *parameters: Any) -> CursorResult[*Columns]: ...

    @overload
    def execute(self, statement: Executable, *parameters: Any) -> CursorResult[*tuple[Any, ...]]: ...

    def execute(self, statement: Executable, *parameters: Any) -> CursorResult[*tuple[Any, ...]]:
        """Runs a statement."""
        return self.connection.execute(statement, *parameters)

    def log(self, kind: str, at: float, **data: Any) -> None:
        """Appends to the campaign's log.

        Invariant: a transition logs an event that names every item, job and pull request it changed; the state in
        memory is kept in step by that (see `Ledger`).
        """
        self.events.append(Event(kind, at, data))


class Store:
    """A campaign's store.

    Attributes:
        path: the SQLite file.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Opens the store at `path`; a writable one is made where there is none.

        Raises:
            StoreError: it is missing (read-only), broken, or of another version.
        """
        self.path = path
        address = f"{path.absolute().as_uri()}?mode={'rwc' if writable else 'ro'}"
        self._engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
        )
        event.listen(self._engine, "connect", _set_pragmas_of(writable=writable))
        with self.begin() as transaction:
            if writable:
                metadata.create_all(transaction.connection)
                transaction.execute(insert(meta).values(key="schema", value=SCHEMA_VERSION).on_conflict_do_nothing())
            found = get_meta(transaction, "schema", None)
        if found != SCHEMA_VERSION:
            raise StoreError(f"{path} is a store of version {found}; this program knows version {SCHEMA_VERSION}.")

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction: all of it is kept, or none.

        Raises:
            StoreError: the file broke or the disk is full; nothing of the transaction is kept.
        """
        try:
            with self._engine.begin() as connection:
                transaction = Transaction(connection)
                yield transaction
                if transaction.events:
                    rows = [{"at": each.at, "kind": each.kind, "data": each.data} for each in transaction.events]
                    connection.execute(insert(events), rows)
        except DatabaseError as error:
            raise StoreError(
                f"The store {self.path} failed: {error.orig}; restore a copy of it if that lasts."
            ) from error
        except sqlite3.Error as error:
            raise StoreError(f"The store {self.path} failed: {error}; restore a copy of it if that lasts.") from error

    def close(self) -> None:
        """Closes the file."""
        self._engine.dispose()


def _set_pragmas_of(*, writable: bool) -> Any:
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        if writable:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")

    return set_pragmas


def get_meta(transaction: Transaction, key: str, default: Any = "") -> Any:
    """A value kept by name, or `default`."""
    row = transaction.execute(select(meta.c.value).where(meta.c.key == key)).first()
    return default if row is None else row.value


def set_meta(transaction: Transaction, key: str, value: object) -> None:
    """Keeps a value (JSON) by name."""
    statement = insert(meta).values(key=key, value=value)
    transaction.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
    transaction.meta[key] = value


def select_among(
    transaction: Transaction,
    statement: Select[*tuple[Any, ...]],
    column: ColumnElement[Any],
    only: Collection[int] | None,
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Rows of a statement, all or just those whose `column` is one of `only`."""
    if only is None:
        yield from transaction.execute(statement)
        return
    wanted = sorted(only)
    for start in range(0, len(wanted), _AT_ONCE):
        yield from transaction.execute(statement.where(column.in_(wanted[start : start + _AT_ONCE]))).all()
