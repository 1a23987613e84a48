"""Carrying out what was decided: as transitions of the store, as orders to the workers, as landings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.engine.offering import offer_conflict
from coordinator.schedule.actions import (
    Approve,
    Bounce,
    GiveUp,
    Land,
    Reap,
    Revoke,
    StartAttempt,
    StartAudit,
    StartBackgroundAudit,
    StartBuild,
    StartResolve,
    StartReview,
)
from coordinator.schedule.budget import Cap
from coordinator.store import items, jobs, requests
from coordinator.store.batches import start_batch
from coordinator.store.issues import open_issues_of
from coordinator.store.items import read_feedback
from coordinator.store.resolving import read_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from agents import Feedback
    from coordinator.campaign.settings import Settings
    from coordinator.engine.dispatch import Dispatcher
    from coordinator.engine.joint_builds import Lot
    from coordinator.engine.landing import Candidate, Lander
    from coordinator.schedule.actions import Action
    from coordinator.schedule.budget import Money
    from coordinator.schedule.state import Item, JobKind, PullRequest
    from coordinator.store.ledger import Ledger
    from coordinator.store.transaction import Transaction
    from coordinator.work.carrier import Carrier
    from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, Order

_NO_CAP = Cap()

_OVERSHOT = "Stopped, since a limit of what may be spent is overshot."

QUEUE_OF: dict[JobKind, str] = {
    "attempt": "agents",
    "review": "agents",
    "resolve": "agents",
    "build": "builds",
    "joint": "builds",
    "audit": "builds",
    "background_audit": "builds",
}
"""Which queue a job goes to."""


_RECORDS = (Reap, Revoke, Approve, Bounce, GiveUp)


@dataclass(frozen=True, slots=True)
class _Order:
    """An order before its job is recorded, which gives it its number.

    Attributes:
        kind, base, item, pull_request, number, cap, model: see `jobs.send_job`.
        write: writes the order of a job, with what was said of earlier attempts at its item.
        lot: the branches that a joint build is about.
    """

    kind: JobKind
    base: str
    write: Callable[[int, Sequence[Feedback]], Order]
    item: int | None = None
    pull_request: int | None = None
    number: int = 1
    cap: Cap = _NO_CAP
    model: str = ""
    lot: Lot | None = None


@dataclass(frozen=True)
class Performer:
    """Carries out actions on one campaign.

    Attributes:
        ledger: what changes.
        lander: moves ``main``.
        dispatcher: writes orders.
        carrier: brings them to the workers.
        settings: the campaign's settings.
        call: what the dearest single call of a model may be expected to cost.
        clock: seconds since the epoch.
    """

    ledger: Ledger
    lander: Lander
    dispatcher: Dispatcher
    carrier: Carrier
    settings: Settings
    call: Money
    clock: Callable[[], float]

    def perform(self, actions: Sequence[Action]) -> None:
        """Carries actions out. What approved branches may land, lands at once.

        What they change is one transaction, and what they send goes out together: a thousand actions cost little more
        than ten.

        Raises:
            ServiceError: the broker is away.
            GitError: the hub broke.
            StoreError: the store broke.
        """
        self._record(actions)
        landings = [action for action in actions if isinstance(action, Land)]
        joint = list(self._land(landings))
        waiting = [action.pull_request for action in actions if isinstance(action, StartBuild)]
        if joint:  # what is about to land has the builders first
            waiting = waiting[: max(0, landings[0].builders - len(joint))]
        self._start([*joint, *self._builds(waiting), *(order for action in actions for order in self._orders(action))])
        self.carrier.flush()

    def tell_locks(self) -> None:
        """Tells the broker all that is locked, in place of what it holds.

        Raises:
            ServiceError: the broker is away.
        """
        self.carrier.tell_locks(self.dispatcher.locks(self.ledger.state), anew=True)

    def _record(self, actions: Sequence[Action]) -> None:
        """Carries out what changes the store and nothing else."""
        changes = [action for action in actions if isinstance(action, _RECORDS)]
        if not changes:
            return
        now = self.clock()
        with self.ledger.begin() as transaction:
            for action in changes:
                match action:
                    case Reap(job):
                        jobs.reap_job(transaction, job, now, blame=self.settings.retry, call=self.call)
                    case Revoke(job):
                        jobs.revoke_job(transaction, job, _OVERSHOT, now)
                    case Approve(number):
                        requests.approve(transaction, number, now)
                    case Bounce(number, source, reason):
                        requests.bounce(transaction, number, source, reason, self.settings.retry, now)
                    case GiveUp(item, why):
                        items.give_up(transaction, item, now, why)
        lost = (Reap, Revoke)
        self.carrier.withdraw([action.job for action in changes if isinstance(action, lost)])

    def _land(self, landings: Sequence[Land]) -> Iterator[_Order]:
        """Lands what can land; gives the orders to build together what has to be built before."""
        if landings:
            before = [job.id for job in self.ledger.state.jobs]
            numbers, builders = [landing.pull_request for landing in landings], landings[0].builders
            done = self.lander.land(numbers, self.clock(), builders)
            state = self.ledger.state
            self.carrier.tell_locks([self.dispatcher.lock_of(state.by_id[item], state) for item in done.landed])
            self.carrier.withdraw([job for job in before if self.ledger.state.job(job) is None])
            yield from map(self._joint, done.lots)

    def _joint(self, lot: Lot) -> _Order:
        state = self.ledger.state
        return _Order("joint", lot.tip, lambda job, _: self.dispatcher.joint(job, lot, state), lot=lot)

    def _orders(self, action: Action) -> Iterator[_Order]:
        """The orders that an action asks for, yet without a job."""
        match action:
            case StartAttempt(item, number, usd, tokens):
                if self.ledger.state.by_id[item].state == "open":
                    yield self._attempt(self.ledger.state.by_id[item], number, Cap(usd, tokens))
            case StartReview(_, number, seat, usd, tokens):
                yield from self._review(number, seat, Cap(usd, tokens))
            case StartResolve(_, number, _, usd, tokens):
                yield from self._resolution(number, Cap(usd, tokens))
            case StartAudit():
                tip, state = self.ledger.state.main, self.ledger.state
                yield _Order("audit", tip, lambda job, _: self.dispatcher.audit(job, tip, state))
            case StartBackgroundAudit(commit, landing):
                yield self._audit_in_background(commit, landing)

    def _audit_in_background(self, commit: str, landing: int) -> _Order:
        state = self.ledger.state

        def write(job: int, _: object) -> AuditOrder:
            return self.dispatcher.audit(job, commit, state, landing)

        return _Order("background_audit", commit, write, number=landing)

    def _attempt(self, item: Item, number: int, cap: Cap) -> _Order:
        state, model = self.ledger.state, self.ledger.readiness.model_for(item, number)
        tip = state.main

        def write(job: int, words: Sequence[Feedback]) -> AgentOrder:
            return self.dispatcher.attempt(job, item, number, cap, tip, state, words, model)

        return _Order("attempt", tip, write, item.id, number=number, cap=cap, model=model)

    def _review(self, number: int, seat: int, cap: Cap) -> Iterator[_Order]:
        state = self.ledger.state
        request = state.request(number)
        if request is None:
            return
        item = state.by_id[request.item]

        def write(job: int, words: Sequence[Feedback]) -> AgentOrder:
            return self.dispatcher.review(job, item, cap, request, state, words)

        yield _Order("review", request.base, write, item.id, number, seat, cap, self.settings.model.name)

    def _resolution(self, number: int, cap: Cap) -> Iterator[_Order]:
        """The order to resolve a conflict with ``main``, if there still is one."""
        state = self.ledger.state
        request = state.request(number)
        if request is None:
            return
        hub, proved = self.dispatcher.campaign.hub, self._proved_by([request]).get(number, "")
        offer = offer_conflict(hub, self.ledger, request, proved, self.clock())
        if offer is None:
            return
        item = state.by_id[request.item]
        model = self.ledger.readiness.model_for(item, request.attempt)
        with self.ledger.begin() as transaction:
            tries = read_evidence(transaction, number)

        def write(job: int, words: Sequence[Feedback]) -> AgentOrder:
            return self.dispatcher.resolution(job, item, cap, request, offer, state, words, model, tries)

        yield _Order("resolve", offer.tip, write, item.id, number, request.resolutions + 1, cap, model)

    def _builds(self, numbers: Sequence[int]) -> Iterator[_Order]:
        """The orders to build pull requests, each joined with ``main``."""
        state = self.ledger.state
        requests = [request for request in map(state.request, numbers) if request is not None]
        candidates = self.lander.join(requests, self.clock(), self._proved_by(requests)) if requests else {}
        for request in requests:
            if request.number in candidates:
                yield self._build(state.by_id[request.item], request, candidates[request.number])

    def _build(self, item: Item, request: PullRequest, candidate: Candidate) -> _Order:
        state = self.ledger.state

        def write(job: int, _: object) -> BuildOrder:
            return self.dispatcher.build(job, item, request.attempt, candidate.tip, candidate.commit, state)

        return _Order("build", candidate.tip, write, item.id, request.number)

    def _proved_by(self, requests: Sequence[PullRequest]) -> dict[int, str]:
        """The declarations that pull requests prove, by their numbers."""
        items = {request.number: self.ledger.state.by_id[request.item] for request in requests}
        return {number: self.dispatcher.declaration_of(item) for number, item in items.items() if item.stage == "proof"}

    def _start(self, orders: Sequence[_Order]) -> None:
        """Records the jobs of orders, then hands the orders to the carrier."""
        if not orders:
            return
        with self.ledger.begin() as transaction:
            words = self._words_on(transaction, {order.item for order in orders if order.item is not None})
            sent = [self._send_job(transaction, order) for order in orders]
        for job, order in zip(sent, orders, strict=True):
            if order.lot is not None:
                self.lander.keep(job, order.lot)
            self.carrier.send(QUEUE_OF[order.kind], order.write(job, words.get(order.item, ())))

    def _words_on(self, transaction: Transaction, wanted: Collection[int]) -> dict[int | None, list[Feedback]]:
        """What the next agents at items are to read, by item: what was said, and the open issues of their nodes."""
        words = read_feedback(transaction, wanted)
        labels = {item: self.ledger.state.by_id[item].label for item in wanted}
        found = open_issues_of(transaction, set(labels.values()))
        for item, label in labels.items():
            if label in found:
                words.setdefault(item, []).extend(found[label])
        return words

    def _send_job(self, transaction: Transaction, order: _Order) -> int:
        job = jobs.send_job(
            transaction,
            order.kind,
            now=self.clock(),
            lease_seconds=self.settings.lease.seconds,
            base=order.base,
            item=order.item,
            pull_request=order.pull_request,
            number=order.number,
            cap_usd=order.cap.usd,
            cap_tokens=order.cap.tokens,
            model=order.model,
        )
        if order.lot is not None:
            lot = order.lot
            start_batch(transaction, job, lot.tip, lot.commit, lot.members, lot.before)
        return job
