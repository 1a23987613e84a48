"""Certificates of modules: what is certified of a module, and for as long as what stays true.

A module's certificate holds while its source is the one certified and every module it imports still shows importers
the same interface. Proofs are private, so a proof that lands moves no interface, and most branches land at git speed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when records travel
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleRecord:
    """What is certified of one module.

    Attributes:
        source_digest: of its source.
        interface_digest: of what importers see of it.
        imports: interface digests its certificate was made against, by module.
    """

    source_digest: str
    interface_digest: str
    imports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a builder found of one module under one key: the interface it shows, or why Lean refuses it.

    Attributes:
        interface_digest: of what importers see of it; empty where Lean refuses it.
        message: what Lean says; empty where it accepts it.
    """

    interface_digest: str
    message: str = ""

    @property
    def holds(self) -> bool:
        """Whether Lean accepts the module."""
        return not self.message


def certificate_key(module: str, source_digest: str, imports: Mapping[str, str]) -> str:
    """All that a module's certificate depends on, as one name.

    Args:
        module: its name.
        source_digest: of its source.
        imports: interface digests of what it imports, by module.
    """
    parts = [module, source_digest, *(f"{name}\0{imports[name]}" for name in sorted(imports))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def landing_certificate(records: Mapping[str, ModuleRecord | None], before: Mapping[str, ModuleRecord]) -> str:
    """One digest for all that is certified of a landing: the ``Certificate`` in its commit's message.

    It is the SHA-256 of a line for each module whose record differs from the one before, sorted by name: the name, the
    key and the interface digest, or the name and ``gone``. Who has both trees and their Lean can make it anew.

    Args:
        records: of the modules that the landing changes, or changes the certificate of; ``None`` for one it removes.
        before: what was certified of the modules below it.
    """
    changed = {name: record for name, record in records.items() if record != before.get(name)}
    return hashlib.sha256("".join(_line(name, changed[name]) for name in sorted(changed)).encode()).hexdigest()


def _line(name: str, record: ModuleRecord | None) -> str:
    if record is None:
        return f"{name} gone\n"
    return f"{name} {certificate_key(name, record.source_digest, record.imports)} {record.interface_digest}\n"


def broken_certificates(changed: Mapping[str, ModuleRecord], current: Mapping[str, ModuleRecord]) -> tuple[str, ...]:
    """Modules that would stand on `main` without a valid certificate if `changed` landed on `current`.

    Args:
        changed: the branch's modules as certified, by name.
        current: the tip's modules, by name.
    """
    joined = {**current, **changed}
    return tuple(sorted(module for module, record in joined.items() if not _holds(record, joined)))


def _holds(record: ModuleRecord, joined: Mapping[str, ModuleRecord]) -> bool:
    return all(
        imported in joined and joined[imported].interface_digest == digest
        for imported, digest in record.imports.items()
    )
