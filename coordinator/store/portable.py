"""Statements that databases spell differently: the one place that knows how."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Executable, Table
    from sqlalchemy.dialects import postgresql


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows; those whose key or unique columns are already there are left as they are."""
    if rows:
        connection.execute(_insertion(connection.dialect.name, table), rows)


def insert_or_replace(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, all with the same columns; those whose `key` is already there take the new values."""
    if rows:
        connection.execute(_replacement(connection.dialect.name, table, key, tuple(rows[0])), rows)


def count_on(connection: Connection, table: Table) -> None:
    """Has a table that counts its rows go on from the highest number there is, after one was given by hand."""
    if connection.dialect.name == "sqlite":  # which does so by itself
        return
    (key,) = table.primary_key.columns
    counter = func.pg_get_serial_sequence(table.name, key.name)
    connection.execute(select(func.setval(counter, select(func.max(key)).scalar_subquery())))


@cache
def _insertion(dialect: str, table: Table) -> Executable:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _replacement(dialect: str, table: Table, key: str, names: tuple[str, ...]) -> Executable:
    statement = _insert(dialect, table)
    fresh = {name: statement.excluded[name] for name in names if name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=fresh)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a tenth of a second that only its users pay

    return postgresql.insert(table)
