"""Units of the queue as the commits that they land as: a branch each, which the gate judged as that very change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.queue import landing_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coordinator.queue import ModuleRecord, Unit
    from coordinator.store.approved import Approved


@dataclass(frozen=True, slots=True)
class Step:
    """One branch on its way to be one commit of ``main``.

    Attributes:
        approved: the branch.
        unit: what it lands with.
        records: of the modules that it changes, or changes the certificate of.
        certificate: digest of these (see `landing_certificate`).
    """

    approved: Approved
    unit: Unit
    records: Mapping[str, ModuleRecord | None]
    certificate: str


def steps_of(
    units: Sequence[Unit], approved: Mapping[int, Approved], modules: Mapping[str, ModuleRecord]
) -> Iterator[Step]:
    """The branches of units in their order.

    Where several share one, each brings what was certified of it on top of those it follows, and the last what the
    unit says of all.

    Args:
        units: what lands.
        approved: the branches by number.
        modules: what is certified of ``main`` before.
    """
    for unit in units:
        for member in unit.members:
            branch = approved[member.number]
            whole = member == unit.members[-1]
            below = {
                name: record
                for each in branch.follows
                if each in approved
                for name, record in approved[each].modules.items()
            }
            own = unit.records if len(unit.members) == 1 else branch.modules
            certificate = landing_certificate(own, {**modules, **below} if below else modules)
            yield Step(branch, unit, unit.records if whole else branch.modules, certificate)


def is_judged(unit: Unit, approved: Mapping[int, Approved], modules: Mapping[str, ModuleRecord]) -> bool:
    """Whether the gate has judged the branches of a unit in the very state that is to land.

    Certificates tell that Lean accepts modules, whoever brought them there. That what was reviewed still means the
    same is for the gate to tell, of each branch: so all that a unit changes must be what its judgements saw.
    """
    seen: dict[str, ModuleRecord] = {}
    numbers = set[int]()
    for member in unit.members:
        branch = approved[member.number]
        if not branch.waits_for <= numbers:
            return False
        numbers.add(member.number)
        seen |= branch.modules
    return all(
        record is None or record == modules.get(name) or record == seen.get(name)
        for name, record in unit.records.items()
    )


def commuting(units: Sequence[Unit], modules: Mapping[str, ModuleRecord]) -> Sequence[Unit]:
    """The first units, as many as leave ``main`` certified commit by commit in whatever order they land.

    They do when none changes a certificate that another changes, or sees an interface that another moves.
    """
    owned: set[str] = set()
    moved: set[str] = set()
    seen: set[str] = set()
    for place, unit in enumerate(units):
        own, sees = set(unit.records), {name for record in unit.records.values() if record for name in record.imports}
        moves = {name for name, record in unit.records.items() if _interface(record) != _interface(modules.get(name))}
        if own & owned or (sees - own) & moved or (moves & (seen - owned)):
            return units[:place]
        owned, moved, seen = owned | own, moved | moves, seen | sees
    return units


def _interface(record: ModuleRecord | None) -> str:
    return record.interface_digest if record else ""
