"""Joint builds: the commits that builders are to certify when several branches are built at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.git import BLUEPROVER, Branch, Contribution, RefChange, Refusal, candidate_ref
from coordinator.store.batches import batch_jobs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.git import Repository
    from coordinator.queue import Member
    from coordinator.store.approved import Approved
    from coordinator.store.ledger import Ledger

JOINT = "refs/candidates/joint/"
"""Where joined states are in the hub, each below the number of the job that builds it."""


@dataclass(frozen=True, slots=True)
class JointChange:
    """What the gate is to judge of one branch.

    Attributes:
        approved: the branch.
        base: the tip, or the tip with those joined that it follows.
        head: that with the branch joined.
        follows: numbers of the branches before it that touch the same files, and of those that these follow.
    """

    approved: Approved
    base: str
    head: str
    follows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """Branches joined with a tip, to be certified at once.

    Attributes:
        tip: where ``main`` is.
        commit: all of them joined with it.
        changes: of each, in the order they are joined.
        before: digests of the tip's own sources of the modules they change.
    """

    tip: str
    commit: str
    changes: tuple[JointChange, ...]
    before: Mapping[str, str]

    @property
    def members(self) -> dict[Member, tuple[int, ...]]:
        """The branches in the queue's words, with those that each follows."""
        return {change.approved.member: change.follows for change in self.changes}


def join_lot(
    hub: Repository,
    tip: str,
    approved: Sequence[Approved],
    paths: Mapping[int, frozenset[str]],
    before: Mapping[str, str],
    now: float,
) -> Lot | None:
    """Joins branches with the tip, one after the other, and each with those alone that touch the same files.

    Those that cannot be joined with the others are left out; nothing comes of it where fewer than two are left.

    Args:
        hub: the repository.
        tip: where ``main`` is.
        approved: the branches, in order.
        paths: what each changes, by number.
        before: digests of the tip's own sources of what they change.
        now: seconds since the epoch.

    Raises:
        GitError: the hub broke.
    """
    branches = {each.number: _branch(each) for each in approved}
    while len(approved) > 1:
        order = [each.number for each in approved]
        follows = {number: _followed(number, order, paths) for number in order}
        whole = hub.batch(tip, [branches[number] for number in order], int(now))
        refused = {id(refusal.branch) for refusal in whole.refusals}
        changes = _alone(hub, tip, [each for each in approved if not follows[each.number]], branches)
        for each in approved:
            if follows[each.number]:
                changes[each.number] = _on_top(hub, tip, each, follows[each.number], branches, now)
        fit = [each for each in approved if changes[each.number] and id(branches[each.number]) not in refused]
        if len(fit) == len(approved):
            found = tuple(change for number in order if (change := changes[number]) is not None)
            hub.put_all([(candidate_ref(change.approved.number), change.head) for change in found])
            return Lot(tip, whole.top, found, before)
        approved = fit
    return None


class JoinedStates:
    """The joined states that git keeps for the builders, each until nobody waits for its build.

    Args:
        hub: the repository.
        ledger: of the campaign; it tells which builds are waited for.
    """

    def __init__(self, hub: Repository, ledger: Ledger) -> None:
        self._hub = hub
        self._ledger = ledger
        self._kept: set[str] = set()

    def find_left(self) -> None:
        """Takes note of what other coordinators have left, so that `clear` sees to that too."""
        self._kept = set(self._hub.refs_below(JOINT))

    def keep(self, job: int, commit: str) -> None:
        """Has git keep what a job builds."""
        self._hub.put(joint_ref(job), commit)
        self._kept.add(joint_ref(job))

    def clear(self) -> None:
        """Lets git forget what is neither being built nor was built and is still to be settled.

        Raises:
            GitError: the hub broke.
        """
        under_way = {joint_ref(job.id) for job in self._ledger.state.jobs if job.kind == "joint"}
        if self._kept <= under_way:
            return
        with self._ledger.begin() as transaction:
            idle = self._kept - under_way - set(map(joint_ref, batch_jobs(transaction)))
        if not idle:
            return
        found = self._hub.refs_below(JOINT)
        self._hub.move_all([RefChange(ref, found[ref], None) for ref in sorted(idle & found.keys())])
        self._kept -= idle


def joint_ref(job: int) -> str:
    """The joined state that a job builds, as builders fetch it."""
    return f"{JOINT}{job}"


def _alone(
    hub: Repository, tip: str, approved: Sequence[Approved], branches: Mapping[int, Branch]
) -> dict[int, JointChange | None]:
    """Each of some branches joined with nothing but the tip; ``None`` where git cannot."""
    found = hub.changes_on(tip, [branches[each.number] for each in approved]) if approved else []
    fit = [(each, changes) for each, changes in zip(approved, found, strict=True) if not isinstance(changes, Refusal)]
    made = hub.contribute_all(
        [
            Contribution(
                tip,
                {change.path: change.after for change in changes},
                branches[each.number].message,
                BLUEPROVER,
                merged=each.head,
            )
            for each, changes in fit
        ]
    )
    joined: dict[int, JointChange | None] = {each.number: None for each in approved}
    for (each, _), commit in zip(fit, made, strict=True):
        if isinstance(commit, str):
            joined[each.number] = JointChange(each, tip, commit, ())
    return joined


def _on_top(
    hub: Repository,
    tip: str,
    own: Approved,
    follows: tuple[int, ...],
    branches: Mapping[int, Branch],
    now: float,
) -> JointChange | None:
    """A branch joined with those that it follows, and these with the tip; ``None`` where git cannot."""
    chain = hub.batch(tip, [*(branches[number] for number in follows), branches[own.number]], int(now))
    if chain.refusals or chain.landings[-1].branch is not branches[own.number]:
        return None
    return JointChange(own, chain.landings[-2].commit, chain.top, follows)


def _followed(own: int, order: Sequence[int], paths: Mapping[int, frozenset[str]]) -> tuple[int, ...]:
    """Those before a branch that touch what it touches, and what they do, and so on, in order."""
    before = list(order[: order.index(own)])
    touched, found = set(paths[own]), set[int]()
    for number in reversed(before):
        if not touched.isdisjoint(paths[number]):
            found.add(number)
            touched |= paths[number]
    return tuple(number for number in before if number in found)


def _branch(approved: Approved) -> Branch:
    return Branch(approved.base, approved.head, f"Join pull request {approved.number} with main")
