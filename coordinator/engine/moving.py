"""Moving ``main``: approved branches become commits on it, by compare-and-set.

Landings are written down before the ref moves. A coordinator that dies in between finds the notes when it starts
again, asks git whether the commits are on ``main``, and finishes or forgets them: nothing lands twice, nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.engine.catching_up import catch_up
from coordinator.engine.landing_message import landing_message
from coordinator.engine.sources import source_digests
from coordinator.engine.steps import steps_of
from coordinator.errors import RefMoved
from coordinator.git import Branch
from coordinator.store.approved import load_approved
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.landings import (
    abandon_landing,
    finish_landing,
    forget_modules,
    intend_landing,
    intended_landings,
)
from coordinator.store.requests import recheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.engine.steps import Step
    from coordinator.git import Batch, Entry, Refusal, Repository
    from coordinator.queue import ModuleRecord, Unit
    from coordinator.store.approved import Approved
    from coordinator.store.ledger import Ledger
    from coordinator.store.transaction import Transaction


class Mover:
    """Moves ``main``. The only one who does."""

    def __init__(self, hub: Repository, ledger: Ledger) -> None:
        self._hub = hub
        self._ledger = ledger

    def recover(self, now: float) -> None:
        """Finishes or forgets the landings a killed coordinator left, and takes note of where ``main`` is.

        Landings that only ``main``'s history tells of are taken up with it: see `catching_up`.
        """
        tip = self._hub.head()
        with self._ledger.begin() as transaction:
            known = str(get_meta(transaction, "main"))
            left = intended_landings(transaction)
            approved = {each.number: each for each in load_approved(transaction, [number for number, _ in left])}
            for number, after in left:
                if tip is not None and self._hub.has(after) and self._hub.is_ancestor(after, tip):
                    self._finish(transaction, number, after, self._as_landed(approved[number], after), now)
                else:
                    abandon_landing(transaction, after)
            if tip is not None:
                catch_up(transaction, self._hub, known, tip, now)
            set_meta(transaction, "main", tip or "")

    def land(self, units: Sequence[Unit], approved: Mapping[int, Approved], tip: str, now: float) -> list[int]:
        """Lands units, in whatever order git joins them; fewer where git cannot join one. Answers the items.

        Args:
            units: what lands; they commute (see `steps.commuting`), and the gate has judged them as they are.
            approved: the branches by number.
            tip: where ``main`` is.
            now: seconds since the epoch.

        Raises:
            GitError: the hub broke.
        """
        steps = list(steps_of(units, approved, self._ledger.modules))
        branches = [self._branch(step) for step in steps]
        batch = self._hub.batch(tip, branches, int(now))
        if batch.refusals:
            refused = steps[branches.index(batch.refusals[0].branch)]
            return self._land_before(units[: units.index(refused.unit)], batch.refusals[0], approved, tip, now)
        by_head = {step.approved.head: step for step in steps}
        landed = [(by_head[each.branch.head], each.commit) for each in batch.landings]
        written = {change.path: change.after for landing in batch.landings for change in landing.changes}
        differing = [unit for unit in units if not self._holds(unit.records, batch.top, written)]
        if differing:
            with self._ledger.begin() as transaction:
                for unit in differing:
                    for member in unit.members:
                        recheck(transaction, member.number, now)
            return []
        return [step.approved.item for step, _ in landed] if self._move(batch, landed, now) else []

    def _land_before(
        self, units: Sequence[Unit], refusal: Refusal, approved: Mapping[int, Approved], tip: str, now: float
    ) -> list[int]:
        """Lands what comes before a branch that git refuses; has that one joined anew where nothing does."""
        if units:
            return self.land(units, approved, tip, now)
        number = next(each.number for each in approved.values() if each.head == refusal.branch.head)
        with self._ledger.begin() as transaction:
            recheck(transaction, number, now)
        return []

    def _branch(self, step: Step) -> Branch:
        branch = step.approved
        message = landing_message(branch, self._ledger.state.by_id[branch.item], step.certificate)
        return Branch(branch.base, branch.head, message)

    def _holds(
        self, records: Mapping[str, ModuleRecord | None], commit: str, written: Mapping[str, Entry | None]
    ) -> bool:
        """Whether the sources of a commit are those that were certified."""
        wanted = {source_path(name): record.source_digest if record else "" for name, record in records.items()}
        return source_digests(self._hub, commit, wanted, written) == wanted

    def _move(self, batch: Batch, landed: Sequence[tuple[Step, str]], now: float) -> bool:
        """Moves ``main`` to the top of a batch. Says whether it did: somebody may have pushed meanwhile."""
        befores = [batch.tip, *(commit for _, commit in landed)]
        with self._ledger.begin() as transaction:
            for (step, commit), before in zip(landed, befores, strict=False):
                intend_landing(transaction, step.approved.number, before, commit, now)
        try:
            self._hub.land(batch)
        except RefMoved:
            # The next round joins the branches with what is there now.
            with self._ledger.begin() as transaction:
                for step, commit in landed:
                    abandon_landing(transaction, commit)
                    transaction.log("main_moved", now, pull_request=step.approved.number)
            return False
        with self._ledger.begin() as transaction:
            for step, commit in landed:
                self._finish(transaction, step.approved.number, commit, step.records, now)
        return True

    def _finish(
        self,
        transaction: Transaction,
        number: int,
        commit: str,
        records: Mapping[str, ModuleRecord | None],
        now: float,
    ) -> None:
        kept = {name: record for name, record in records.items() if record is not None}
        finish_landing(transaction, number, commit, now, kept)
        forget_modules(transaction, [name for name in records if name not in kept])

    def _as_landed(self, approved: Approved, commit: str) -> Mapping[str, ModuleRecord]:
        """What is certified of a landed branch's modules, as far as their sources are those that were certified."""
        return {name: record for name, record in approved.modules.items() if self._holds({name: record}, commit, {})}


def source_path(module: str) -> str:
    """Where a module's source lies in the repository."""
    return module.replace(".", "/") + ".lean"
