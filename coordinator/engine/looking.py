"""A look at the merge queue: what waits, what is being built, and what the queue would do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.engine.waiting import Memory, Waiting
from coordinator.queue import Evidence, Moved
from coordinator.schedule.racing import first_of_each
from coordinator.store.approved import load_approved
from coordinator.store.batches import load_batches, load_window
from coordinator.store.certificates import StoredCertificates
from coordinator.verify.ground import module_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coordinator.engine.joint_builds import Lot
    from coordinator.git import Repository
    from coordinator.queue import Action, Unit
    from coordinator.store.approved import Approved
    from coordinator.store.batches import StoredBatch
    from coordinator.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a look: the items that landed, and the branches that are to be built together."""

    landed: tuple[int, ...] = ()
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen.

    Attributes:
        waiting: the branches, with what git says of them.
        actions: what the queue would do.
        batches: joint builds that are not settled.
        approved: the branches by number.
    """

    waiting: Waiting
    actions: tuple[Action, ...]
    batches: Sequence[StoredBatch]
    approved: Mapping[int, Approved]

    def is_refused(self, unit: Unit) -> bool:
        """Whether the gate has just refused a branch of a unit."""
        return any(
            member.number in each.refusals and member in each.batch.members
            for each in self.batches
            for member in unit.members
        )

    def evidence(self, branch: Approved, tip: str, reasons: Sequence[tuple[str, str]]) -> Iterator[Evidence]:
        """Why the gate refuses a branch, with the imports whose interface is not the one that its author saw."""
        for place, words in reasons:
            module = module_name(place) or place
            seen = branch.modules[module].imports if module in branch.modules else {}
            now = {name: self.waiting.modules[name].interface_digest for name in seen if name in self.waiting.modules}
            moved = (
                Moved(name, digest, now.get(name, ""))
                for name, digest in sorted(seen.items())
                if now.get(name, "") != digest
            )
            yield Evidence(tip, module, words, tuple(moved))


def look_at_queue(
    hub: Repository, ledger: Ledger, memory: Memory, numbers: Sequence[int], tip: str, now: float, builders: int
) -> Look:
    """Looks at branches that are still approved.

    Args:
        hub: the repository.
        ledger: the campaign.
        memory: what git said of them before.
        numbers: of the branches.
        tip: where ``main`` is; it is certified.
        now: seconds since the epoch.
        builders: how many are free.

    Raises:
        GitError: git cannot join them.
    """
    requests = [ledger.state.request(number) for number in numbers]
    approved_now = (each for each in requests if each is not None and each.state == "approved")
    still = [each.number for each in first_of_each(approved_now)]
    with ledger.begin() as transaction:
        approved, batches = load_approved(transaction, still), load_batches(transaction)
        known = [each.batch for each in batches]
        window = load_window(transaction)
        waiting = Waiting(hub, tip, ledger.modules, approved, memory, known, window, builders)
        actions = waiting.decide(now, lambda own: StoredCertificates(transaction, own))
    memory.forget_others(approved)
    return Look(waiting, tuple(actions), batches, {each.number: each for each in approved})
