"""Approved branches as the merge queue sees them: joined with the tip by git, with the certificates they bring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from coordinator.queue import (
    Branch,
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
from coordinator.verify.ground import module_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.git import Change, Merge, Repository
    from coordinator.queue import Action
    from coordinator.store.approved import Approved

NO_AUDITS = 1 << 62
"""Landings between two audits in the background: the scheduler audits ``main``."""


@dataclass(frozen=True)
class Waiting:
    """The branches that wait to land on one certified tip.

    Attributes:
        hub: the repository.
        tip: where ``main`` is.
        modules: what is certified of its modules.
        approved: the branches, oldest first.
    """

    hub: Repository
    tip: str
    modules: Modules
    approved: Sequence[Approved]

    def decide(self, now: float) -> list[Action]:
        """What the merge queue would do. What it would build goes back to the builders, one branch at a time.

        Raises:
            GitError: git cannot join them.
        """
        readable = [each for each in self.approved if not self.is_beyond_keys(each)]
        queue = MergeQueue(
            tip=Tip(self.tip, self.modules),
            branches=tuple(self._branch(each) for each in readable),
            known=_certificates(readable),
            window=1,
            builders=len(readable),
            rules=Rules(audit_every=NO_AUDITS),
        )
        actions = decide(queue, now)
        if any(isinstance(action, Screen) for action in actions):
            actions = decide(replace(queue, screenings=self._screenings(readable)), now)
        return actions

    def is_beyond_keys(self, approved: Approved) -> bool:
        """Whether a branch changes a module that another opens with ``import all``, and sees more of than keys tell."""
        return any(self.modules.is_opened(name) for name in self._changes[approved.number])

    @cached_property
    def _changes(self) -> Mapping[int, Mapping[str, Change]]:
        """What each branch changes, by number, and by module or else path."""
        found = self.hub.changes([(each.base, each.head) for each in self.approved])
        return {
            each.number: {module_name(change.path) or change.path: change for change in changes}
            for each, changes in zip(self.approved, found, strict=True)
        }

    def _branch(self, approved: Approved) -> Branch:
        unseen = ModuleRecord("", "", {})
        changes = {name: approved.modules.get(name, unseen) for name in self._changes[approved.number]}
        return Branch(approved.number, approved.head, approved.head, changes)

    def _screenings(self, approved: Sequence[Approved]) -> dict[int, Screening]:
        merges = self.hub.merge_all([(self.tip, each.head) for each in approved])
        return {each.number: self._screening(each, merge) for each, merge in zip(approved, merges, strict=True)}

    def _screening(self, approved: Approved, merge: Merge) -> Screening:
        if not merge.clean:
            return Screening(approved.head, {}, {}, conflicts=merge.conflicts)
        sources = {
            module: self._source(module, digest_at(self.hub, merge.tree, change.path), approved)
            for module, change in self._changes[approved.number].items()
            if module_name(change.path) is not None
        }
        before = {module: self.modules[module].source_digest if module in self.modules else "" for module in sources}
        return Screening(approved.head, sources, before)

    def _source(self, module: str, digest: str, approved: Approved) -> Source:
        """A module's joined source; what it sees is known where it is the source that was certified."""
        record = approved.modules.get(module)
        return Source(digest, tuple(record.imports) if record and record.source_digest == digest else ())


def digest_at(hub: Repository, tree: str, path: str) -> str:
    """Digest of a file of a commit or tree; empty where there is none.

    Raises:
        GitError: the file is larger than any source may be.
    """
    source = hub.read(tree, path)
    return hashlib.sha256(source).hexdigest() if source is not None else ""


def _certificates(approved: Sequence[Approved]) -> dict[str, Certificate]:
    return {
        certificate_key(name, record.source_digest, record.imports): Certificate(record.interface_digest)
        for each in approved
        for name, record in each.modules.items()
    }
