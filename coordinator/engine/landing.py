"""Landing: joining branches with ``main`` in memory, and doing with the approved ones what the merge queue says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.engine.joint_builds import JoinedStates, join_lot
from coordinator.engine.ladder import resolve
from coordinator.engine.looking import Round, look_at_queue
from coordinator.engine.moving import Mover
from coordinator.engine.steps import commuting, is_judged
from coordinator.engine.waiting import Memory
from coordinator.errors import GitError
from coordinator.git import BLUEPROVER, Branch, Contribution, Refusal, candidate_ref
from coordinator.queue import Bounce, Build, Land, SetAside, Settle, Unit
from coordinator.store.batches import settle_batch
from coordinator.store.moves import RECHECK, may_move
from coordinator.store.requests import Joined, bounce, note_joins, recheck
from coordinator.store.resolving import leave_to_resolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.campaign.settings import RetrySettings
    from coordinator.engine.joint_builds import Lot
    from coordinator.engine.ladder import Resolution
    from coordinator.engine.looking import Look
    from coordinator.git import Entry, Identity, Repository
    from coordinator.schedule.state import PullRequest
    from coordinator.store.approved import Approved
    from coordinator.store.batches import StoredBatch
    from coordinator.store.ledger import Ledger
    from coordinator.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Candidate:
    """A branch joined with the tip it was joined with."""

    tip: str
    commit: str


class Lander:
    """Carries out what the merge queue decides.

    Args:
        hub: the repository.
        ledger: of the campaign.
        retry: its rules for what fails.
        resolvers: tries of resolvers that a branch gets which no program joins; with 0 it goes back to its item.
    """

    def __init__(self, hub: Repository, ledger: Ledger, retry: RetrySettings, resolvers: int = 0) -> None:
        self._hub = hub
        self._ledger = ledger
        self._retry = retry
        self._resolvers = resolvers
        self._mover = Mover(hub, ledger)
        self._joined = JoinedStates(hub, ledger)
        self._memory = Memory()

    def recover(self, now: float) -> None:
        """Finishes or forgets what a killed coordinator left (see `Mover.recover`)."""
        self._mover.recover(now)
        self._joined.find_left()
        self.clear()

    def join(self, requests: Sequence[PullRequest], now: float, proved: Mapping[int, str]) -> dict[int, Candidate]:
        """Joins branches with the tip for the builders; what no program joins is left to a resolver, or goes back.

        Args:
            requests: the branches.
            now: seconds since the epoch.
            proved: the declaration that a branch proves, by its number, for those that prove one.

        Raises:
            GitError: the hub broke.
        """
        tip = self._hub.head() or ""
        branches = [Branch(request.base, request.head, "") for request in requests]
        fit: list[tuple[int, str, Contribution]] = []
        for request, found in zip(requests, self._hub.changes_on(tip, branches), strict=True):
            if not isinstance(found, Refusal):
                files = {change.path: change.after for change in found}
                fit.append((request.number, "git", _candidate(request, tip, files, BLUEPROVER)))
            elif resolved := self._resolve(request, found, tip, proved.get(request.number, "")):
                author = self._hub.author(request.head)
                fit.append((request.number, resolved.rung, _candidate(request, tip, resolved.files, author)))
            else:
                self._leave(request.number, found, tip, now)
        return self._contribute(fit, tip, now)

    def _leave(self, number: int, refusal: Refusal, tip: str, now: float) -> None:
        """Leaves a branch that no program joins to a resolver; one that git refuses otherwise goes back to its item."""
        if refusal.conflicts and self._resolvers:
            with self._ledger.begin() as transaction:
                leave_to_resolver(transaction, number, refusal.reason, now)
            return
        source = "merge" if refusal.conflicts else "infrastructure"
        self._bounce(number, source, f"{refusal.reason} Start from main as it is now, at {tip[:10]}.", now)

    def _resolve(self, request: PullRequest, refusal: Refusal, tip: str, proved: str) -> Resolution | None:
        return resolve(self._hub, tip, request.base, request.head, proved) if refusal.conflicts else None

    def _contribute(self, fit: Sequence[tuple[int, str, Contribution]], tip: str, now: float) -> dict[int, Candidate]:
        made = self._hub.contribute_all([contribution for _, _, contribution in fit])
        candidates: dict[int, Candidate] = {}
        joins: dict[int, Joined] = {}
        for (number, rung, _), commit in zip(fit, made, strict=True):
            if isinstance(commit, GitError):
                self._bounce(number, "infrastructure", f"Git cannot join it with main: {commit}", now)
            else:
                candidates[number] = Candidate(tip, commit)
                joins[number] = Joined() if rung == "git" else Joined(rung, commit)
        with self._ledger.begin() as transaction:
            note_joins(transaction, joins, now)
        return candidates

    def land(self, numbers: Sequence[int], now: float, builders: int = 0) -> Round:
        """Lands approved branches as far as the merge queue says, and sends others back to builders or authors.

        Nothing lands on a tip that is not certified: a person may have pushed since ``main`` was last looked at, and
        a landing would pass that push off as certified.

        Args:
            numbers: of the branches.
            now: seconds since the epoch.
            builders: how many are free for joint builds.

        Raises:
            GitError: the hub broke.
            StoreError: the store broke.
        """
        tip = self._hub.head() or ""
        if tip != self._ledger.state.certified:
            return Round()
        look = look_at_queue(self._hub, self._ledger, self._memory, numbers, tip, now, builders)
        landing = [action for action in look.actions if isinstance(action, Land)]
        landed = self._land(landing[0].units, look, now) if landing else []
        if not self._settle(look, now) and not landing:
            return self._go_on(look, now)
        return Round(tuple(landed))

    def keep(self, job: int, lot: Lot) -> None:
        """Has git keep what a job is to build.

        Raises:
            GitError: the hub broke.
        """
        self._joined.keep(job, lot.commit)

    def clear(self) -> None:
        """Has git forget what was joined for builds that nobody waits for any more.

        Raises:
            GitError: the hub broke.
        """
        self._joined.clear()

    def _land(self, units: Sequence[Unit], look: Look, now: float) -> list[int]:
        """Lands units that the gate has judged as they are; others are judged again. Answers the items."""
        modules, approved = self._ledger.modules, look.approved
        first = commuting(units, modules)
        judged = [unit for unit in first if not look.is_refused(unit) and is_judged(unit, approved, modules)]
        if judged:
            return self._mover.land(judged, approved, look.waiting.tip, now)
        members = [approved[member.number] for unit in first if not look.is_refused(unit) for member in unit.members]
        return self._judge_again(members, look.waiting.tip, now)

    def _settle(self, look: Look, now: float) -> bool:
        """Draws the lessons of builds that ended; says whether there were any."""
        settled = [action for action in look.actions if isinstance(action, Settle)]
        for action in settled:
            stored = next(each for each in look.batches if each.batch.id == action.batch)
            with self._ledger.begin() as transaction:
                self._refuse(transaction, stored, look, now)
                settle_batch(transaction, action.batch, action.window, action.standings, now)
        self.clear()
        return bool(settled)

    def _refuse(self, transaction: Transaction, stored: StoredBatch, look: Look, now: float) -> None:
        """Sends back the members that the gate refuses by themselves; the others of them are judged alone."""
        for number, reasons in stored.refusals.items():
            branch = look.approved.get(number)
            if (
                branch is None
                or branch.member not in stored.batch.members
                or not may_move(transaction, RECHECK, number)
            ):
                continue
            if stored.follows[number]:
                recheck(transaction, number, now)
            else:
                words = "\n".join(str(each) for each in look.evidence(branch, stored.batch.tip, reasons))
                bounce(transaction, number, "checker", words, self._retry, now)

    def _go_on(self, look: Look, now: float) -> Round:
        """Sends branches back to their authors or to the builders, and joins those that are to be built at once."""
        approved = look.approved
        again = {number for number, each in approved.items() if look.waiting.stands_apart(each)}
        lots: list[Lot] = []
        for action in look.actions:
            match action:
                case Bounce(member=member, source="merge"):
                    again.add(member.number)  # the ladder is climbed when it is joined for the builders
                case Bounce(member=member, source=source, evidence=evidence):
                    self._bounce(member.number, source, "\n".join(map(str, evidence)), now)
                case SetAside(member=member, tries=tries):
                    words = f"{tries} builds with it ended without an answer."
                    self._bounce(member.number, "infrastructure", words, now)
                case Build(members=members):
                    lot = self._join_lot([approved[member.number] for member in members], look, now)
                    if lot is None:
                        again.add(members[0].number)
                    else:
                        lots.append(lot)
        landed = self._judge_again([approved[number] for number in sorted(again)], look.waiting.tip, now)
        return Round(tuple(landed)) if landed else Round((), tuple(lots))

    def _join_lot(self, approved: Sequence[Approved], look: Look, now: float) -> Lot | None:
        """Joins branches for one build; ``None`` where the first of them is to be built by itself.

        That is so where it was built on this tip and still keys do not tell enough, and where git cannot join it.
        """
        tip = look.waiting.tip
        apart = [each for each in approved if each.is_resolved or (each.certified == tip and not each.follows)]
        if apart:
            return None if approved[0] in apart else self._join_lot(approved[: approved.index(apart[0])], look, now)
        modules, changes = self._ledger.modules, look.waiting.changes
        paths = {each.number: frozenset(change.path for change in changes[each.number].values()) for each in approved}
        names = {name for each in approved for name in changes[each.number]}
        before = {name: modules[name].source_digest if name in modules else "" for name in sorted(names)}
        return join_lot(self._hub, tip, approved, paths, before, now)

    def _judge_again(self, approved: Sequence[Approved], tip: str, now: float) -> list[int]:
        """Lands the first that was certified with this very tip, or else sends all to the builders.

        What was built on the tip needs no certificate by key, which some modules do not have (see `Waiting`).
        """
        here = [each for each in approved if each.certified == tip and not each.follows]
        if here:
            first = here[0]
            unit = Unit((first.member,), first.modules)
            return self._mover.land((unit,), {first.number: first}, tip, now)
        with self._ledger.begin() as transaction:
            for each in approved:
                recheck(transaction, each.number, now)
        return []

    def _bounce(self, number: int, source: str, reason: str, now: float) -> None:
        with self._ledger.begin() as transaction:
            bounce(transaction, number, source, reason, self._retry, now)


def _candidate(
    request: PullRequest, tip: str, files: Mapping[str, bytes | Entry | None], author: Identity
) -> Contribution:
    message = f"Join pull request {request.number} with main"
    return Contribution(tip, files, message, author, candidate_ref(request.number), merged=request.head)
