"""The store: one database that is the truth about a campaign. Only the coordinator writes it.

It is a SQLite file (WAL), or a PostgreSQL database by its URL. Every transition is one function and one transaction:
see `items`, `jobs`, `requests`, `landings` and `reports`. Readers, such as ``blueprover status``, open it read-only
while the campaign runs.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVarTuple, overload

from sqlalchemy import bindparam, insert
from sqlalchemy.exc import DatabaseError

from coordinator.errors import StoreError
from coordinator.store.backups import EMPTY, back_up_for_good, damage_seen, has_backups
from coordinator.store.connecting import open_file, open_memory, open_server, sqlite_of, without_password
from coordinator.store.migrating import is_older, make_tables, migrate, refusal, version_of
from coordinator.store.portable import insert_or_replace
from coordinator.store.rows import read_row
from coordinator.store.schema import REVISION, events, meta
from coordinator.store.trouble import broken, explain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, CursorResult, Row, Select
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.selectable import TypedReturnsRows

    from coordinator.queue import ModuleRecord

PATIENCE = 10.0
"""Seconds to wait for what another process has locked."""

_AT_ONCE = 500
"""Ids asked for in one statement."""

_STATEMENTS_KEPT = 64
_LOG = insert(events)

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
        meta: values kept by name that it set; written at its end.
        modules: what it set as certified of modules of ``main``, by name; ``None`` where one is gone.
        replaced_modules: whether these are all there are.
    """

    connection: Connection
    events: list[Event] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, ModuleRecord | None] = field(default_factory=dict)
    replaced_modules: bool = False

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

    def write_out(self) -> None:
        """Writes what is gathered until the end: what happened, and the values kept by name."""
        kept = [{"key": key, "value": value} for key, value in self.meta.items()]
        insert_or_replace(self.connection, meta, "key", kept)
        if self.events:
            rows = [{"at": each.at, "kind": each.kind, "data": each.data} for each in self.events]
            self.connection.execute(_LOG, rows)


class Store:
    """A campaign's store.

    Attributes:
        where: the SQLite file, the URL of a PostgreSQL database, or ``None``: in memory.
        name: for people: its file, or its database's URL without the password.
        file: the SQLite file; ``None`` for another database.
    """

    def __init__(
        self, where: Path | str | None, *, writable: bool, patience: float = PATIENCE, is_copy: bool = False
    ) -> None:
        """Opens a store.

        A writable one is made where there is none, and one of an older version brought up to date, after a backup.

        Args:
            where: the SQLite file, or the URL of a PostgreSQL database; ``None`` for one in memory.
            writable: whether it may be written, by this process and no other.
            patience: seconds to wait for what another process has locked.
            is_copy: whether it is a copy of one that is kept, which needs no backup.

        Raises:
            StoreError: it is missing (read-only), broken, locked, or of a version this program cannot use.
            CampaignBusy: another process writes to the database.
            SettingsError: the database's driver is not installed, or its URL cannot be read.
        """
        self.where = where
        self.file = where if isinstance(where, Path) else None
        self.name = without_password(where) if isinstance(where, str) else str(where or "in memory")
        self._patience = patience
        if where is None:
            self._engine = open_memory()
        elif isinstance(where, Path):
            self._engine = open_file(where, writable=writable, patience=patience)
        else:
            self._engine = open_server(where, writable=writable, patience=patience)
        try:
            self._settle_version(writable=writable, is_copy=is_copy)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction: all of it is kept, or none.

        Raises:
            StoreError: the store broke, is locked, or cannot be written; nothing of the transaction is kept.
        """
        try:
            with self._engine.begin() as connection:
                transaction = Transaction(connection)
                yield transaction
                transaction.write_out()
        except (DatabaseError, sqlite3.Error) as error:
            raise explain(error, self.name, self.file, self._patience) from error

    def close(self) -> None:
        """Closes the file."""
        self._engine.dispose()

    def _settle_version(self, *, writable: bool, is_copy: bool) -> None:
        with self.begin() as transaction:
            if writable and self.file is not None:
                self._refuse_damage(transaction.connection)
            version = self._version(transaction.connection)
            if version is None and writable:
                make_tables(transaction.connection)
                return
        if version == REVISION:
            return
        if version is None or not writable or not is_older(version):
            raise refusal(self.name, version or "")
        if self.file is not None and not is_copy:
            back_up_for_good(self.file, now=time.time())
        with self.begin() as transaction:
            migrate(transaction.connection, version)

    def _version(self, connection: Connection) -> str | None:
        try:
            return version_of(connection)
        except StoreError as error:
            raise StoreError(f"The store {self.name} cannot be used. {error}") from error

    def _refuse_damage(self, connection: Connection) -> None:
        """Looks at the whole file before anything is written to it; an empty one is a store not yet made."""
        assert self.file is not None
        problem = damage_seen(sqlite_of(connection))
        if problem and (problem != EMPTY or has_backups(self.file)):
            raise broken(self.file, problem)


def get_meta(transaction: Transaction, key: str, default: Any = "") -> Any:
    """A value kept by name, or `default`."""
    if key in transaction.meta:
        return transaction.meta[key]
    row = read_row(transaction, meta, key)
    return default if row is None else row.value


def set_meta(transaction: Transaction, key: str, value: object) -> None:
    """Keeps a value (JSON) by name."""
    transaction.meta[key] = value


def select_among(
    transaction: Transaction,
    statement: Select[*tuple[Any, ...]],
    column: ColumnElement[Any],
    only: Collection[int] | Collection[str] | None,
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Rows of a statement, all or just those whose `column` is one of `only`.

    A statement that is made once and kept costs a third of one that is made for the call.
    """
    if only is None:
        yield from transaction.execute(statement)
        return
    wanted = sorted(only)
    for start in range(0, len(wanted), _AT_ONCE):
        yield from transaction.execute(_among(statement, column), {"wanted": wanted[start : start + _AT_ONCE]}).all()


@lru_cache(_STATEMENTS_KEPT)
def _among(statement: Select[*tuple[Any, ...]], column: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return statement.where(column.in_(bindparam("wanted", expanding=True)))
