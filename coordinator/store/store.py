"""The store: one database that is the truth about a campaign. Only the coordinator writes it.

It is a SQLite file (WAL), or a PostgreSQL database by its URL. Every transition is one function and one transaction:
see `items`, `jobs`, `requests`, `landings` and `reports`. Readers, such as ``blueprover status``, open it read-only
while the campaign runs.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from coordinator.errors import StoreError
from coordinator.store.backups import EMPTY, back_up_for_good, damage_seen, has_backups
from coordinator.store.connecting import open_file, open_memory, open_server, sqlite_of, without_password
from coordinator.store.migrating import is_older, make_tables, migrate, refusal, version_of
from coordinator.store.schema import REVISION
from coordinator.store.transaction import Transaction
from coordinator.store.trouble import broken, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

PATIENCE = 10.0
"""Seconds to wait for what another process has locked."""


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
