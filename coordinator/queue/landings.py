"""What may land now: branches in turn, each judged on ``main`` as those before it leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.queue.actions import Unit
from coordinator.queue.joined import assess
from coordinator.queue.lanes import components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coordinator.queue.certificates import Certificate
    from coordinator.queue.joined import Main
    from coordinator.queue.lanes import Lanes
    from coordinator.queue.records import Batch, Branch, Member, Screening, Source


@dataclass(frozen=True, slots=True)
class Joined:
    """Something joined with ``main``: the changed modules, and what they were on ``main`` when it was done."""

    sources: Mapping[str, Source]
    before: Mapping[str, str]


class Landings:
    """Collects what lands in one go. Every unit keeps every module of ``main`` certified, given those before it.

    Args:
        main: where it begins; it moves along with what is collected.
        known: certificates by key.
        limit: the most branches to collect.
    """

    def __init__(self, main: Main, known: Mapping[str, Certificate], limit: int) -> None:
        self.main = main
        self._known = known
        self._limit = limit
        self.units: list[Unit] = []

    @property
    def landed(self) -> frozenset[int]:
        """Numbers of the branches collected."""
        return frozenset(member.number for unit in self.units for member in unit.members)

    def collect(self, branches: Iterable[Branch], screenings: Mapping[int, Screening]) -> None:
        """Takes those that are certified by themselves."""
        for branch in branches:
            screening = screenings[branch.number]
            self._take((branch.member,), Joined(screening.sources, screening.before))

    def collect_batch(
        self, batch: Batch, branches: Sequence[Branch], screenings: Mapping[int, Screening], lanes: Lanes
    ) -> None:
        """Takes what a green build certified: branch by branch, else lane by lane, else whole.

        What the members became together is of use only while all of them may land: none can be taken out of it.

        Args:
            batch: the build.
            branches: those of its members that may land.
            screenings: by number of the branch.
            lanes: what they reach.
        """
        by_member = {branch.member: branch for branch in branches}
        reach = {branch.number: lanes.reach(branch.number) for branch in branches}
        start, whole = self._copy(), len(by_member) == len(batch.members)
        for lane in components(list(by_member), reach):
            before = self._copy()
            self.collect((by_member[member] for member in lane), screenings)
            if whole and not self.landed.issuperset(member.number for member in lane):
                self._prefer(before, lane, _joined(batch, lane, by_member))
        if whole and not self.landed.issuperset(member.number for member in by_member):
            self._prefer(start, batch.members, Joined(batch.sources, batch.before))

    def _copy(self) -> Landings:
        other = Landings(self.main.copy(), self._known, self._limit)
        other.units = list(self.units)
        return other

    def _prefer(self, before: Landings, members: tuple[Member, ...], joined: Joined) -> None:
        """Replaces what was taken since `before` by one unit, if that is certified."""
        if before._take(members, joined):
            self.main, self.units = before.main, before.units

    def _take(self, members: tuple[Member, ...], joined: Joined) -> bool:
        if len(self.landed) + len(members) > self._limit or not self.main.still_has(joined.before):
            return False
        found = assess(self.main, joined.sources, self._known)
        if found.verdict != "certified":
            return False
        self.main.accept(found.records)
        self.units.append(Unit(members, found.records))
        return True


def _joined(batch: Batch, lane: Sequence[Member], by_member: Mapping[Member, Branch]) -> Joined:
    changed = {module for member in lane for module in by_member[member].changes}
    sources = {module: source for module, source in batch.sources.items() if module in changed}
    return Joined(sources, {module: batch.before.get(module, "") for module in sources})
