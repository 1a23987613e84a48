"""Rows by their keys. The statements are kept: to make one takes SQLAlchemy longer than to run it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Column, ColumnElement, Row, Select, Table, Update
    from sqlalchemy.sql.dml import ReturningInsert

    from coordinator.store.transaction import Transaction

_AT_ONCE = 500
"""Ids asked for in one statement."""

_STATEMENTS_KEPT = 64


def insert_row(transaction: Transaction, table: Table, **values: Any) -> int:
    """Inserts a row of a table that counts its rows, and returns the number it got."""
    number: int = transaction.execute(_insertion(table), values).scalar_one()
    return number


def update_row(transaction: Transaction, table: Table, key: int | str, **values: Any) -> None:
    """Sets columns of the row with a key, if there is one."""
    told = {f"new_{name}": value for name, value in values.items()}
    transaction.execute(_change(table, tuple(values)), {"row_key": key, **told})


def read_row(transaction: Transaction, table: Table, key: int | str) -> Row[*tuple[Any, ...]] | None:
    """The row with a key, if there is one."""
    return transaction.execute(_question(table), {"row_key": key}).one_or_none()


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


@cache
def _insertion(table: Table) -> ReturningInsert[int]:
    return insert(table).returning(_key_of(table))


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    told = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(_key_of(table) == bindparam("row_key")).values(**told)


@cache
def _question(table: Table) -> Select[*tuple[Any, ...]]:
    return select(table).where(_key_of(table) == bindparam("row_key"))


def _key_of(table: Table) -> Column[Any]:
    (key,) = table.primary_key.columns
    return key


@lru_cache(_STATEMENTS_KEPT)
def _among(statement: Select[*tuple[Any, ...]], column: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return statement.where(column.in_(bindparam("wanted", expanding=True)))
