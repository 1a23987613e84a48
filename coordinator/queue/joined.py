"""``main`` joined with some branches, judged by certificates alone: what holds, what fails, what is unknown.

Only modules whose source changed, or below which an interface moved, need a certificate of their own; all others keep
the one they have. Where builders have not seen a module under its new key, it is missing, and what imports it waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from coordinator.queue.certificates import ModuleRecord, certificate_key
from coordinator.queue.records import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coordinator.queue.certificates import Certificate
    from coordinator.queue.records import Tip

GONE = ""
"""The interface digest of a module that is not there."""

UNKNOWN = "?"
"""Stands for the interface digest of a module that nobody has built yet."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the certificates say of a joined state.

    Attributes:
        records: of the modules that differ from those of ``main``, where certified; ``None`` where removed.
        missing: modules that no builder has seen in this state.
        refused: what Lean says, by module that it refuses in this state.
        imports: interface digests that each refused module finds below it, by module and import.
        moved: modules whose interface differs from that on ``main``.
    """

    records: Mapping[str, ModuleRecord | None] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    moved: frozenset[str] = frozenset()

    @property
    def verdict(self) -> Literal["certified", "refused", "missing"]:
        """Refused beats missing: one module that fails is enough."""
        return "refused" if self.refused else "missing" if self.missing else "certified"


class Main:
    """``main`` as it would be after the landings accepted so far. Cheap to copy: a tip and what differs from it."""

    def __init__(self, tip: Tip) -> None:
        self._tip = tip
        self._over: dict[str, ModuleRecord | None] = {}
        self._importers: dict[str, frozenset[str]] = {}

    def copy(self) -> Main:
        """One that goes its own way from here."""
        other = Main(self._tip)
        other._over = dict(self._over)
        other._importers = dict(self._importers)
        return other

    def record(self, module: str) -> ModuleRecord | None:
        """What is certified of a module, or ``None`` where there is none."""
        return self._over[module] if module in self._over else self._tip.modules.get(module)

    def source_digest(self, module: str) -> str:
        """Digest of a module's source; empty where there is none."""
        record = self.record(module)
        return record.source_digest if record else ""

    def interface_digest(self, module: str) -> str:
        """Digest of a module's interface; `GONE` where there is none."""
        record = self.record(module)
        return record.interface_digest if record else GONE

    def importers(self, module: str) -> frozenset[str]:
        """Modules that import a module directly; one that no longer does may be among them."""
        return self._importers.get(module) or frozenset(self._tip.importers(module))

    def accept(self, records: Mapping[str, ModuleRecord | None]) -> None:
        """Takes a landing's modules over."""
        for module, record in records.items():
            self._over[module] = record
            for imported in record.imports if record else ():
                self._importers[imported] = self.importers(imported) | {module}

    def still_has(self, before: Mapping[str, str]) -> bool:
        """Whether the sources of these modules are the ones given: then what was joined with them joins as before."""
        return all(self.source_digest(module) == digest for module, digest in before.items())


def assess(main: Main, sources: Mapping[str, Source], known: Mapping[str, Certificate]) -> Assessment:
    """Says what is known of ``main`` with some of its sources changed.

    Args:
        main: what the sources are joined with.
        sources: of the modules that the join changes, by name.
        known: certificates by key.
    """
    cycle = import_cycle(main, sources)
    if cycle:
        return Assessment(refused={cycle[0]: f"The imports run in a circle: {' → '.join((*cycle, cycle[0]))}."})
    return _Walk(main, sources, known).assessment()


class _Walk:
    """From the changed modules upwards, for as long as interfaces move."""

    def __init__(self, main: Main, sources: Mapping[str, Source], known: Mapping[str, Certificate]) -> None:
        self._main = main
        self._sources = sources
        self._known = known
        self._within = _importers_within(sources)
        self._shown: dict[str, str] = {}
        self._records: dict[str, ModuleRecord | None] = {}
        self._refused: dict[str, str] = {}
        self._imports: dict[str, Mapping[str, str]] = {}

    def assessment(self) -> Assessment:
        """Visits whatever may differ until nothing changes any more: there are no circles, so that it ends."""
        waiting = deque(self._sources)
        while waiting:
            module = waiting.popleft()
            before = self._interface(module)
            self._visit(module)
            if self._interface(module) != before:
                waiting.extend(self._concerned(module))
        return self._sum()

    def _concerned(self, module: str) -> Iterable[str]:
        """Who must be looked at again: all that import it; where it is unknown, those already looked at."""
        importers = self._main.importers(module) | self._within.get(module, frozenset())
        if self._shown[module] != UNKNOWN:
            return importers
        return [each for each in importers if each in self._shown or each in self._sources]

    def _sum(self) -> Assessment:
        shown = self._shown
        return Assessment(
            records=self._records,
            missing=frozenset(m for m, digest in shown.items() if digest == UNKNOWN and m not in self._refused),
            refused=self._refused,
            imports=self._imports,
            moved=frozenset(
                m for m, digest in shown.items() if digest not in {UNKNOWN, self._main.interface_digest(m)}
            ),
        )

    def _interface(self, module: str) -> str:
        return self._shown[module] if module in self._shown else self._main.interface_digest(module)

    def _visit(self, module: str) -> None:
        source = self._sources.get(module) or _source_of(self._main.record(module))
        for kept in (self._records, self._refused, self._imports):
            kept.pop(module, None)
        if not source.digest:
            self._records[module], self._shown[module] = None, GONE
            return
        imports = {each: self._interface(each) for each in source.imports}
        if UNKNOWN in imports.values():
            self._shown[module] = UNKNOWN
            return
        found = self._certificate(module, source.digest, imports) or _without_ground(imports)
        if found is None:
            self._shown[module] = UNKNOWN
        elif found[0]:
            self._shown[module], self._records[module] = found[0], ModuleRecord(source.digest, found[0], imports)
        else:
            self._shown[module], self._refused[module], self._imports[module] = UNKNOWN, found[1], imports

    def _certificate(self, module: str, digest: str, imports: Mapping[str, str]) -> tuple[str, str] | None:
        """Interface and message; what stands on ``main`` is certified whatever any builder said since."""
        record = self._main.record(module)
        if record and record.source_digest == digest and dict(record.imports) == imports:
            return record.interface_digest, ""
        found = self._known.get(certificate_key(module, digest, imports))
        return (found.interface_digest, found.message) if found else None


def _without_ground(imports: Mapping[str, str]) -> tuple[str, str] | None:
    """The refusal of a module whose imports are not all there: no builder is needed for that."""
    gone = [module for module, digest in imports.items() if digest == GONE]
    return (GONE, f"It imports {', '.join(gone)}, which is not there.") if gone else None


def import_cycle(main: Main, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Modules that would import each other in a circle, in order; empty where there are none.

    Two branches may each add an import that is harmless alone, and no key of a certificate tells.
    """
    above = _importers_within(sources)
    for module, source in sources.items():
        record = main.record(module)
        added = set(source.imports) - set(record.imports if record else ())
        if module in added:
            return (module,)
        if added and (above.get(module) or main.importers(module)):
            path = _path(main, sources, added, module)
            if path:
                return (module, *path)
    return ()


def _path(main: Main, sources: Mapping[str, Source], starts: Iterable[str], goal: str) -> tuple[str, ...]:
    """A way along imports from one of `starts` to just before `goal`; empty where there is none."""
    came: dict[str, str] = dict.fromkeys(sorted(starts), "")
    waiting = deque(came)
    while waiting:
        module = waiting.popleft()
        source = sources.get(module) or _source_of(main.record(module))
        if goal in source.imports:
            return _trace(came, module)
        for imported in source.imports:
            if imported not in came:
                came[imported] = module
                waiting.append(imported)
    return ()


def _trace(came: Mapping[str, str], module: str) -> tuple[str, ...]:
    steps = [module]
    while came[steps[0]]:
        steps.insert(0, came[steps[0]])
    return tuple(steps)


def _importers_within(sources: Mapping[str, Source]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for module, source in sources.items():
        for imported in source.imports:
            found[imported] = found.get(imported, frozenset()) | {module}
    return found


def _source_of(record: ModuleRecord | None) -> Source:
    return Source(record.source_digest, tuple(record.imports)) if record else Source("")
