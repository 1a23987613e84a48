"""Connections to the database that holds a store: a SQLite file, or PostgreSQL by its URL."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from coordinator.errors import CampaignBusy, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

_WRITERS_LOCK = 0x626C7565
"""Number of the advisory lock that a store's one writer holds in PostgreSQL, beside that of the schema it is in."""

_WRITERS_SETTINGS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")

_ONE_CONNECTION = {"pool_size": 1, "max_overflow": 0}
"""A writer's pool: whatever writes, writes in turn."""

_GLANCE = 1.0
"""Seconds to try for the writer's lock: the server takes a moment to notice that the last writer's process died."""

_PAUSE = 0.05
"""Seconds between two tries."""

_LONGEST_NAME = 63
"""Bytes of a session's name that PostgreSQL keeps."""

_TRY_LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"

_WHO_HOLDS_IT = """
SELECT min(application_name) FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = %s
AND objid::bigint = hashtext(current_schema())::bigint & 4294967295
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def open_file(path: Path, *, writable: bool, patience: float) -> Engine:
    """An engine on a SQLite file; a writable one makes the file where there is none.

    A writer has one connection, and every transaction on it begins as one that writes: two cannot wait for each other.

    Args:
        path: of the file.
        writable: whether it may be written.
        patience: seconds to wait while another process has locked it.
    """
    address = f"{path.absolute().as_uri()}?mode={'rwc' if writable else 'ro'}"

    def connect() -> sqlite3.Connection:
        # isolation_level: no transaction but those begun here, so that what makes and alters tables is in one too
        connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        try:
            connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
            for setting in _WRITERS_SETTINGS if writable else ():
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    few = _ONE_CONNECTION if writable else {}
    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, json_deserializer=read_json, **few
    )
    _begin_with(engine, "BEGIN IMMEDIATE" if writable else "BEGIN")
    return engine


def read_json(text: str) -> Any:
    """A value of a column. Most that are stored are empty lists and mappings: each is made anew, without a parser."""
    return [] if text == "[]" else {} if text == "{}" else json.loads(text)


def open_memory() -> Engine:
    """An engine on an empty database in memory, which is gone when it is closed."""
    engine = create_engine(
        "sqlite+pysqlite://",
        poolclass=StaticPool,
        json_deserializer=read_json,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    _begin_with(engine, "BEGIN")
    return engine


def open_server(url: str, *, writable: bool, patience: float) -> Engine:
    """An engine on a PostgreSQL database.

    A writer has one connection, which holds the writer's lock for as long as it lasts: every transaction on it is the
    one writer's. A connection that broke is made anew, lock included.

    Args:
        url: of the database, such as ``postgresql://coordinator@db/campaign``.
        writable: whether it may be written.
        patience: seconds to wait for what another process has locked; not for the writer's lock, which is given up
            only at a writer's end.

    Raises:
        SettingsError: the driver is not installed, or the URL cannot be read.
    """
    few = _ONE_CONNECTION if writable else {}
    isolation: Any = "READ COMMITTED" if writable else "REPEATABLE READ"
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
        options = f"{address.query.get('options', '')} -c lock_timeout={int(patience * 1000)}"
        if not writable:
            options += " -c default_transaction_read_only=on"
        told = {"options": options, "application_name": _session_name(writable=writable)}
        engine = create_engine(address, isolation_level=isolation, connect_args=told, **few)
    except ModuleNotFoundError as error:
        raise SettingsError(
            "`store.url` needs the driver of PostgreSQL: install it with `pip install 'blueprover[postgres]'`."
        ) from error
    except (ArgumentError, ValueError) as error:
        raise SettingsError("`store.url` is no URL of a database, such as postgresql://user@host/name.") from error
    if writable:
        event.listen(engine, "connect", _seize)
    return engine


def without_password(url: str) -> str:
    """A URL for people to read: as little of it as tells which database it is."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        return "`store.url`"
    return URL.create("postgresql", found.username, None, found.host, found.port, found.database).render_as_string()


def _begin_with(engine: Engine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        sqlite_of(connection).execute(statement)

    event.listen(engine, "begin", begin)


def sqlite_of(connection: Connection) -> sqlite3.Connection:
    """What a connection to a SQLite database is below."""
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def _session_name(*, writable: bool) -> str:
    """How a session is called in the server: whoever finds the writer's lock taken reads there who took it."""
    name = f"process {os.getpid()} on {socket.gethostname()}" if writable else "blueprover, reading"
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore")


def _seize(connection: Any, _record: object) -> None:
    """Takes the writer's lock for as long as a new connection lasts.

    Raises:
        CampaignBusy: another process has it.
    """
    try:
        until = time.monotonic() + _GLANCE
        while not (is_ours := _answer(connection, _TRY_LOCK)) and time.monotonic() < until:
            time.sleep(_PAUSE)
        holder = "" if is_ours else _answer(connection, _WHO_HOLDS_IT)
    except Exception:
        connection.close()
        raise
    if not is_ours:
        connection.close()
        raise _busy(holder)


def _answer(connection: Any, question: str) -> Any:
    """What the server says about the writer's lock."""
    with connection.cursor() as cursor:
        cursor.execute(question, (_WRITERS_LOCK,))
        found = cursor.fetchone()
    connection.commit()
    return found[0]


def _busy(holder: str | None) -> CampaignBusy:
    who = f" ({' '.join(holder.split())})" if holder else ""
    return CampaignBusy(
        f"Another coordinator{who} writes to the campaign's database (`store.url`); stop that one first, and give each "
        "campaign a database or a schema of its own."
    )
