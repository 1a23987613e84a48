"""Approved branches as the merge queue sees them: joined with the tip by git, with the certificates they bring."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from coordinator.engine.sources import source_digests
from coordinator.git import Branch, Refusal
from coordinator.queue import (
    Batch,
    Certificate,
    MergeQueue,
    ModuleRecord,
    Modules,
    Rules,
    Screen,
    Screening,
    Source,
    Tip,
    certificate_key,
    decide,
)
from coordinator.queue import Branch as QueuedBranch
from coordinator.queue.records import WINDOW
from coordinator.verify.ground import module_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coordinator.git import Change, Repository
    from coordinator.git.changes import Changes
    from coordinator.queue import Action
    from coordinator.store.approved import Approved

NO_AUDITS = 1 << 62
"""Landings between two audits in the background: the scheduler audits ``main``."""

RULES = Rules(audit_every=NO_AUDITS)
"""How the queue is run."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A branch joined with a tip: digests of its modules' sources there, and of the tip's own; paths in conflict."""

    head: str
    sources: Mapping[str, str]
    before: Mapping[str, str]
    conflicts: tuple[str, ...] = ()


@dataclass
class Memory:
    """What git said of branches that wait, so that it is not asked again at each look."""

    changes: dict[tuple[str, str], Mapping[str, Change]] = field(default_factory=dict)
    joints: dict[int, Joint] = field(default_factory=dict)

    def forget_others(self, approved: Sequence[Approved]) -> None:
        """Keeps what concerns these branches."""
        pairs, numbers = {(each.base, each.head) for each in approved}, {each.number for each in approved}
        self.changes = {pair: found for pair, found in self.changes.items() if pair in pairs}
        self.joints = {number: found for number, found in self.joints.items() if number in numbers}


@dataclass(frozen=True)
class Waiting:
    """The branches that wait to land on one certified tip.

    Attributes:
        hub: the repository.
        tip: where ``main`` is.
        modules: what is certified of its modules.
        approved: the branches, oldest first.
        memory: what git said of them before.
        batches: joint builds that are not settled.
        window: the most branches that one may hold.
        builders: how many are free.
    """

    hub: Repository
    tip: str
    modules: Modules
    approved: Sequence[Approved]
    memory: Memory = field(default_factory=Memory)
    batches: Sequence[Batch] = ()
    window: int = WINDOW
    builders: int = 0

    def decide(
        self, now: float, known: Callable[[Mapping[str, Certificate]], Mapping[str, Certificate]]
    ) -> list[Action]:
        """What the merge queue would do.

        Args:
            now: seconds since the epoch.
            known: gives all certificates that there are by key, those given among them.

        Raises:
            GitError: git cannot join them.
        """
        readable = [each for each in self.approved if not self.stands_apart(each)]
        queue = MergeQueue(
            tip=Tip(self.tip, self.modules),
            branches=tuple(self._branch(each) for each in readable),
            screenings=self._screenings(readable),
            known=known(_certificates(readable)),
            batches=tuple(self.batches),
            window=self.window,
            builders=self.builders + sum(batch.state == "running" for batch in self.batches),
            rules=RULES,
        )
        actions = decide(queue, now)
        asked = {member.number for action in actions if isinstance(action, Screen) for member in action.members}
        if asked:
            self._join([each for each in readable if each.number in asked])
            actions = decide(replace(queue, screenings=self._screenings(readable)), now)
        return actions

    def stands_apart(self, approved: Approved) -> bool:
        """Whether keys do not tell enough of a branch: it lands on the tip it was built on, or is built again.

        It changes a module that another opens with ``import all``, and sees more of than keys tell; or it was judged
        on top of a branch that came to nothing.
        """
        return approved.is_orphan or any(self.modules.is_opened(name) for name in self.changes[approved.number])

    @cached_property
    def changes(self) -> Mapping[int, Mapping[str, Change]]:
        """What each branch changes, by number, and by module or else path."""
        known, pairs = self.memory.changes, {each.number: (each.base, each.head) for each in self.approved}
        new = [pair for pair in dict.fromkeys(pairs.values()) if pair not in known]
        for pair, found in zip(new, self.hub.changes(new) if new else (), strict=True):
            known[pair] = {module_name(change.path) or change.path: change for change in found}
        return {number: known[pair] for number, pair in pairs.items()}

    def _branch(self, approved: Approved) -> QueuedBranch:
        unseen = ModuleRecord("", "", {})
        changes = {name: approved.modules.get(name, unseen) for name in self.changes[approved.number]}
        return QueuedBranch(approved.number, approved.head, approved.head, changes, standing=approved.standing)

    def _screenings(self, approved: Sequence[Approved]) -> dict[int, Screening]:
        known = self.memory.joints
        return {each.number: _screening(each, known[each.number]) for each in approved if each.number in known}

    def _join(self, approved: Sequence[Approved]) -> None:
        found = self.hub.changes_on(self.tip, [Branch(each.base, each.head, "") for each in approved])
        for each, changes in zip(approved, found, strict=True):
            self.memory.joints[each.number] = self._joint(each, changes)

    def _joint(self, approved: Approved, found: Changes | Refusal) -> Joint:
        if isinstance(found, Refusal):
            return Joint(approved.head, {}, {}, conflicts=found.conflicts or (found.reason,))
        paths = {
            module: change.path
            for module, change in self.changes[approved.number].items()
            if module_name(change.path) is not None
        }
        digests = source_digests(self.hub, self.tip, paths.values(), {change.path: change.after for change in found})
        sources = {module: digests[path] for module, path in paths.items()}
        before = {module: self.modules[module].source_digest if module in self.modules else "" for module in sources}
        return Joint(approved.head, sources, before)


def _screening(approved: Approved, joint: Joint) -> Screening:
    sources = {module: _source(module, digest, approved) for module, digest in joint.sources.items()}
    return Screening(joint.head, sources, joint.before, joint.conflicts)


def _source(module: str, digest: str, approved: Approved) -> Source:
    """A module's joined source; what it sees is known where it is the source that was certified."""
    record = approved.modules.get(module)
    return Source(digest, tuple(record.imports) if record and record.source_digest == digest else ())


def _certificates(approved: Sequence[Approved]) -> dict[str, Certificate]:
    return {
        certificate_key(name, record.source_digest, record.imports): Certificate(record.interface_digest)
        for each in approved
        for name, record in each.modules.items()
    }
