"""Statements that databases spell differently: the one place that knows how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows; those whose key or unique columns are already there are left as they are."""
    if rows:
        connection.execute(_insert_into(connection, table).on_conflict_do_nothing(), rows)


def insert_or_replace(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, all with the same columns; those whose `key` is already there take the new values."""
    if rows:
        statement = _insert_into(connection, table)
        fresh = {name: statement.excluded[name] for name in rows[0] if name != key}
        connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=fresh), rows)


def _insert_into(connection: Connection, table: Table) -> Any:
    return _INSERT[connection.dialect.name](table)
