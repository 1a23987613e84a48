"""Values that a store keeps by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordinator.store.rows import read_row
from coordinator.store.schema import meta

if TYPE_CHECKING:
    from coordinator.store.transaction import Transaction


def get_meta(transaction: Transaction, key: str, default: Any = "") -> Any:
    """A value kept by name, or `default`."""
    if key in transaction.meta:
        return transaction.meta[key]
    row = read_row(transaction, meta, key)
    return default if row is None else row.value


def set_meta(transaction: Transaction, key: str, value: object) -> None:
    """Keeps a value (JSON) by name."""
    transaction.meta[key] = value
