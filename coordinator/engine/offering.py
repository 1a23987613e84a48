"""Offering a conflict to a resolver: the tip with a branch's changes, both sides marked where they are in conflict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.engine.ladder import mark_conflicts, resolve
from coordinator.git import BLUEPROVER, Branch, Contribution, Refusal, candidate_ref
from coordinator.store.resolving import PROGRAMS, join_without_resolver

if TYPE_CHECKING:
    from coordinator.git import Repository
    from coordinator.schedule.state import PullRequest
    from coordinator.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Offer:
    """A branch in conflict with the tip, as a resolver is offered it.

    Attributes:
        tip: the tip.
        commit: the tip with the branch's changes, and marks where both sides are in conflict.
        conflicts: the paths in conflict.
    """

    tip: str
    commit: str
    conflicts: tuple[str, ...]


def offer_conflict(hub: Repository, ledger: Ledger, request: PullRequest, proved: str, now: float) -> Offer | None:
    """What a resolver is to join; ``None`` where there is nothing to settle any more.

    Then the pull request goes to the builders: ``main`` has moved, and a lower rung of the ladder joins it by now.
    Where what a program joined was refused, that is what the resolver begins with.

    Args:
        hub: the repository.
        ledger: of the campaign.
        request: the branch.
        proved: the declaration that the branch proves; empty where it proves none.
        now: seconds since the epoch.

    Raises:
        GitError: the hub broke.
        StoreError: the store broke.
    """
    tip = hub.head() or ""
    (found,) = hub.changes_on(tip, [Branch(request.base, request.head, "")])
    joined = request.rung not in PROGRAMS and resolve(hub, tip, request.base, request.head, proved)
    if not isinstance(found, Refusal) or not found.conflicts or joined:
        with ledger.begin() as transaction:
            join_without_resolver(transaction, request.number, now)
        return None
    draft = mark_conflicts(hub, tip, request.base, request.head, proved)
    message = f"Offer the conflict of pull request {request.number} with main"
    ref = candidate_ref(request.number)
    made = hub.contribute(Contribution(tip, draft.files, message, BLUEPROVER, ref, merged=request.head))
    # Where programs joined all, and the builders refused it, nothing is marked: git's paths tell where both changed.
    return Offer(tip, made, draft.conflicts or found.conflicts)
