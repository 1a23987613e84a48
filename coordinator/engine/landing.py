"""Landing: joining branches with ``main`` in memory and moving ``main`` by compare-and-set.

Landings are written down before the ref moves. A coordinator that dies in between finds the notes when it starts
again, asks git whether the commits are on ``main``, and finishes or forgets them: nothing lands twice, nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.engine.catching_up import catch_up
from coordinator.engine.ladder import resolve
from coordinator.engine.landing_message import landing_message
from coordinator.engine.waiting import Waiting, digest_at
from coordinator.errors import GitError, RefMoved
from coordinator.git import BLUEPROVER, Branch, Contribution, Refusal, candidate_ref
from coordinator.queue import Bounce, Build, Land, Unit, landing_certificate
from coordinator.schedule.racing import first_of_each
from coordinator.store.approved import load_approved
from coordinator.store.landings import (
    abandon_landing,
    finish_landing,
    forget_modules,
    intend_landing,
    intended_landings,
)
from coordinator.store.requests import Joined, bounce, note_joins, recheck
from coordinator.store.resolving import leave_to_resolver
from coordinator.store.store import get_meta, set_meta

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.campaign.settings import RetrySettings
    from coordinator.engine.ladder import Resolution
    from coordinator.git import Batch, Entry, Identity, Repository
    from coordinator.queue import ModuleRecord
    from coordinator.schedule.state import PullRequest
    from coordinator.store.approved import Approved
    from coordinator.store.ledger import Ledger
    from coordinator.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Candidate:
    """A branch joined with the tip it was joined with."""

    tip: str
    commit: str


class Lander:
    """Moves ``main``. The only one who does.

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

    def land(self, numbers: Sequence[int], now: float) -> list[int]:
        """Lands approved branches as far as the merge queue says, and sends others back to builders or authors.

        Answers the items that landed.

        Nothing lands on a tip that is not certified: a person may have pushed since ``main`` was last looked at, and
        a landing would pass that push off as certified.

        Raises:
            GitError: the hub broke.
            StoreError: the store broke.
        """
        requests = [self._ledger.state.request(number) for number in numbers]
        with self._ledger.begin() as transaction:
            approved_now = (each for each in requests if each is not None and each.state == "approved")
            still = [each.number for each in first_of_each(approved_now)]
            approved = load_approved(transaction, still)
        tip, modules = self._hub.head() or "", self._ledger.modules
        if tip != self._ledger.state.certified:
            return []
        waiting = Waiting(self._hub, tip, modules, approved)
        actions = waiting.decide(now)
        by_number = {each.number: each for each in approved}
        landing = [action for action in actions if isinstance(action, Land)]
        if landing:
            return self._land_units(_commuting(landing[0].units, modules), by_number, tip, now)
        again = {number for number, each in by_number.items() if waiting.is_beyond_keys(each)}
        for action in actions:
            if isinstance(action, Bounce) and action.source == "merge":
                again.add(action.member.number)  # the ladder is climbed when it is joined for the builders
            elif isinstance(action, Bounce):
                reason = "\n".join(map(str, action.evidence))
                self._bounce(action.member.number, action.source, reason, now)
            elif isinstance(action, Build):
                again |= {member.number for member in action.members}
        return self._judge_again([by_number[number] for number in sorted(again)], tip, now)

    def _judge_again(self, approved: Sequence[Approved], tip: str, now: float) -> list[int]:
        """Lands the first that was certified with this very tip, or else sends all to the builders.

        What was built on the tip needs no certificate by key, which some modules do not have (see `Waiting`).
        """
        here = [each for each in approved if each.certified == tip]
        if here:
            first = here[0]
            unit = Unit((first.member,), first.modules)
            return self._land_units((unit,), {first.number: first}, tip, now)
        with self._ledger.begin() as transaction:
            for each in approved:
                recheck(transaction, each.number, now)
        return []

    def _land_units(self, units: Sequence[Unit], approved: Mapping[int, Approved], tip: str, now: float) -> list[int]:
        """Lands units, in whatever order git joins them; fewer where git cannot join one."""
        branches = [self._branch(approved[unit.members[0].number], unit) for unit in units]
        batch = self._hub.batch(tip, branches, int(now))
        if batch.refusals:
            place = branches.index(batch.refusals[0].branch)
            return self._land_before(units[:place], batch.refusals[0], approved, tip, now)
        by_head = {unit.members[0].head: unit for unit in units}
        landed = [(by_head[each.branch.head], each.commit) for each in batch.landings]
        differing = [unit for unit, _ in landed if not self._holds(unit.records, batch.top)]
        if differing:
            with self._ledger.begin() as transaction:
                for unit in differing:
                    recheck(transaction, unit.members[0].number, now)
            return []
        moved = self._move(batch, landed, now)
        return [approved[unit.members[0].number].item for unit, _ in landed] if moved else []

    def _land_before(
        self, units: Sequence[Unit], refusal: Refusal, approved: Mapping[int, Approved], tip: str, now: float
    ) -> list[int]:
        """Lands what comes before a branch that git refuses; has that one joined anew where nothing does."""
        if units:
            return self._land_units(units, approved, tip, now)
        number = next(each.number for each in approved.values() if each.head == refusal.branch.head)
        with self._ledger.begin() as transaction:
            recheck(transaction, number, now)
        return []

    def _branch(self, approved: Approved, unit: Unit) -> Branch:
        certificate = landing_certificate(unit.records, self._ledger.modules)
        message = landing_message(approved, self._ledger.state.by_id[approved.item], certificate)
        return Branch(approved.base, approved.head, message)

    def _holds(self, records: Mapping[str, ModuleRecord | None], commit: str) -> bool:
        """Whether the sources of a commit are those that were certified."""
        wanted = {name: record.source_digest if record else "" for name, record in records.items()}
        return all(digest_at(self._hub, commit, source_path(name)) == digest for name, digest in wanted.items())

    def _move(self, batch: Batch, landed: Sequence[tuple[Unit, str]], now: float) -> bool:
        """Moves ``main`` to the top of a batch. Says whether it did: somebody may have pushed meanwhile."""
        befores = [batch.tip, *(commit for _, commit in landed)]
        with self._ledger.begin() as transaction:
            for (unit, commit), before in zip(landed, befores, strict=False):
                intend_landing(transaction, unit.members[0].number, before, commit, now)
        try:
            self._hub.land(batch)
        except RefMoved:
            # The next round joins the branches with what is there now.
            with self._ledger.begin() as transaction:
                for unit, commit in landed:
                    abandon_landing(transaction, commit)
                    transaction.log("main_moved", now, pull_request=unit.members[0].number)
            return False
        with self._ledger.begin() as transaction:
            for unit, commit in landed:
                self._finish(transaction, unit.members[0].number, commit, unit.records, now)
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
        return {name: record for name, record in approved.modules.items() if self._holds({name: record}, commit)}

    def _bounce(self, number: int, source: str, reason: str, now: float) -> None:
        with self._ledger.begin() as transaction:
            bounce(transaction, number, source, reason, self._retry, now)


def source_path(module: str) -> str:
    """Where a module's source lies in the repository."""
    return module.replace(".", "/") + ".lean"


def _commuting(units: Sequence[Unit], modules: Mapping[str, ModuleRecord]) -> Sequence[Unit]:
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


def _candidate(
    request: PullRequest, tip: str, files: Mapping[str, bytes | Entry | None], author: Identity
) -> Contribution:
    message = f"Join pull request {request.number} with main"
    return Contribution(tip, files, message, author, candidate_ref(request.number), merged=request.head)
