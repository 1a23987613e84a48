"""The modules of ``main`` as certified, with who imports whom; changed one module at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from coordinator.queue.certificates import ModuleRecord

_NOBODY: AbstractSet[str] = frozenset()


class Modules(Mapping[str, "ModuleRecord"]):
    """What is certified of each module, by name.

    Who imports a module, and which modules somebody sees otherwise than by their interface, is kept ready: a change
    costs what it touches, and not what there is.
    """

    def __init__(self, records: Mapping[str, ModuleRecord] | None = None) -> None:
        self._records: dict[str, ModuleRecord] = {}
        self._importers: dict[str, set[str]] = {}
        self._openers: dict[str, set[str]] = {}
        for name, record in (records or {}).items():
            self.put(name, record)

    def __getitem__(self, name: str) -> ModuleRecord:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def importers(self, name: str) -> AbstractSet[str]:
        """Modules that import a module directly. The set is not to be kept: it changes with the modules."""
        return self._importers.get(name, _NOBODY)

    def is_opened(self, name: str) -> bool:
        """Whether a certificate saw a module otherwise than by its interface, as ``import all`` does."""
        return bool(self._openers.get(name))

    def put(self, name: str, record: ModuleRecord | None) -> None:
        """Sets what is certified of a module; ``None`` where it is gone."""
        before = self._records.pop(name, None)
        for imported in before.imports if before else ():
            self._importers[imported].discard(name)
            self._openers.get(imported, set()).discard(name)
        if record is not None:
            self._records[name] = record
            for imported in record.imports:
                self._importers.setdefault(imported, set()).add(name)
                self._look(name, imported)
        for importer in self.importers(name):
            self._look(importer, name)

    def _look(self, importer: str, imported: str) -> None:
        """Notes whether one module sees another otherwise than by its interface."""
        shown, seen = self._records.get(imported), self._records[importer].imports[imported]
        if shown is not None and shown.interface_digest != seen:
            self._openers.setdefault(imported, set()).add(importer)
        else:
            self._openers.get(imported, set()).discard(importer)
