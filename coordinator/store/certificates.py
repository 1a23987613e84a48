"""Certificates by key: what builders ever found of a module, in whatever joined state they saw it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from coordinator.queue import Certificate, certificate_key
from coordinator.store.portable import insert_missing, insert_or_replace
from coordinator.store.schema import certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select

    from coordinator.queue import ModuleRecord
    from coordinator.store.transaction import Transaction


class StoredCertificates(Mapping[str, Certificate]):
    """The certificates of a store, read one by one as they are asked for; not to be kept beyond its transaction.

    Args:
        transaction: of the store.
        own: further ones, which are looked at first.
    """

    def __init__(self, transaction: Transaction, own: Mapping[str, Certificate]) -> None:
        self._transaction = transaction
        self._known: dict[str, Certificate | None] = dict(own)

    def __getitem__(self, key: str) -> Certificate:
        if key not in self._known:
            row = self._transaction.execute(_question(), {"wanted": key}).one_or_none()
            self._known[key] = Certificate(row.interface_digest, row.message) if row is not None else None
        found = self._known[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._transaction.execute(select(certificates.c.key)).scalars().all())

    def __len__(self) -> int:
        return int(self._transaction.execute(select(func.count()).select_from(certificates)).scalar_one())


def keep_certificates(
    transaction: Transaction,
    records: Mapping[str, ModuleRecord],
    messages: Mapping[str, str] | None = None,
    *,
    anew: bool = False,
) -> None:
    """Keeps what a builder found of modules; what is known of a key stays, unless it is found `anew`.

    Args:
        transaction: of the store.
        records: what was found, by module.
        messages: what Lean says of those that it refuses.
        anew: whether it was found by one who trusts no certificate.
    """
    rows = [
        {
            "key": certificate_key(name, record.source_digest, record.imports),
            "module": name,
            "interface_digest": record.interface_digest,
            "message": (messages or {}).get(name, ""),
        }
        for name, record in records.items()
    ]
    if anew:
        insert_or_replace(transaction.connection, certificates, "key", rows)
    else:
        insert_missing(transaction.connection, certificates, rows)


@cache
def _question() -> Select[*tuple[Any, ...]]:
    found = select(certificates.c.interface_digest, certificates.c.message)
    return found.where(certificates.c.key == bindparam("wanted"))
