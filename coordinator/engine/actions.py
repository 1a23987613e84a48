"""Carrying out what was decided: as transitions of the store, as orders to the workers, as landings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from agents import Feedback
from coordinator.schedule import scheduler
from coordinator.store import items, jobs, requests
from coordinator.store.schema import feedback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coordinator.campaign.settings import Settings
    from coordinator.engine.dispatch import Dispatcher
    from coordinator.engine.landing import Lander
    from coordinator.schedule.scheduler import Action
    from coordinator.schedule.state import Item, JobKind
    from coordinator.store.ledger import Ledger
    from coordinator.work.carrier import Carrier

QUEUE_OF: dict[JobKind, str] = {"attempt": "agents", "review": "agents", "build": "builds", "audit": "builds"}
"""Which queue a job goes to."""


@dataclass(frozen=True)
class Performer:
    """Carries out actions on one campaign.

    Attributes:
        ledger: what changes.
        lander: moves ``main``.
        dispatcher: writes orders.
        carrier: brings them to the workers.
        settings: the campaign's settings.
        clock: seconds since the epoch.
    """

    ledger: Ledger
    lander: Lander
    dispatcher: Dispatcher
    carrier: Carrier
    settings: Settings
    clock: Callable[[], float]

    def perform(self, actions: Sequence[Action]) -> None:
        """Carries out actions, the first landing among them only: the next branch is judged against what it makes.

        Raises:
            ServiceError: the broker is away.
            GitError: the hub broke.
            StoreError: the store broke.
        """
        landed = False
        for action in actions:
            match action:
                case scheduler.Reap(job):
                    self._reap(job)
                case scheduler.Land(number):
                    landed = landed or self._land(number)
                case scheduler.Approve() | scheduler.Bounce() | scheduler.GiveUp():
                    self._record(action)
                case scheduler.StartAttempt(item, number, cap):
                    self._start_attempt(self.ledger.state.by_id[item], number, cap)
                case scheduler.StartReview(number, seat, cap):
                    self._start_review(number, seat, cap)
                case scheduler.StartBuild(number):
                    self._start_build(number)
                case scheduler.StartAudit():
                    self._start_audit()
                case scheduler.Finish():
                    raise AssertionError("the end of a campaign is no action to carry out")
        self.carrier.flush()

    def tell_locks(self) -> None:
        """Tells the broker all that is locked, in place of what it holds.

        Raises:
            ServiceError: the broker is away.
        """
        self.carrier.tell_locks(self.dispatcher.locks(self.ledger.state), anew=True)

    def _reap(self, job: int) -> None:
        with self.ledger.begin() as transaction:
            jobs.reap_job(transaction, job, self.clock(), blame=self.settings.retry)
        self.carrier.withdraw([job])

    def _land(self, number: int) -> bool:
        request = self.ledger.state.request(number)
        if request is None or not self.lander.land(request, self.ledger.state.by_id[request.item], self.clock()):
            return False
        self.carrier.tell_locks([self.dispatcher.lock_of(self.ledger.state.by_id[request.item])])
        return True

    def _record(self, action: scheduler.Approve | scheduler.Bounce | scheduler.GiveUp) -> None:
        now = self.clock()
        with self.ledger.begin() as transaction:
            match action:
                case scheduler.Approve(number):
                    requests.approve(transaction, number, now)
                case scheduler.Bounce(number, source, reason):
                    requests.bounce(transaction, number, source, reason, self.settings.retry, now)
                case scheduler.GiveUp(item):
                    items.give_up(transaction, item, now)

    def _start_attempt(self, item: Item, number: int, cap: float) -> None:
        state = self.ledger.state
        job = self._send_job("attempt", base=state.main, item=item.id, number=number, cap_usd=cap)
        order = self.dispatcher.attempt(job, item, number, cap, state.main, state, self._feedback_on(item))
        self.carrier.send("agents", order)

    def _start_review(self, number: int, seat: int, cap: float) -> None:
        state = self.ledger.state
        request = state.request(number)
        if request is None:
            return
        item = state.by_id[request.item]
        job = self._send_job("review", base=request.base, item=item.id, pull_request=number, number=seat, cap_usd=cap)
        self.carrier.send("agents", self.dispatcher.review(job, item, cap, request, state, self._feedback_on(item)))

    def _start_build(self, number: int) -> None:
        state = self.ledger.state
        request = state.request(number)
        candidate = None if request is None else self.lander.join(request, self.clock())
        if request is not None and candidate is not None:
            item = state.by_id[request.item]
            job = self._send_job("build", base=candidate.tip, item=item.id, pull_request=number)
            self.carrier.send("builds", self.dispatcher.build(job, item, candidate.tip, candidate.commit, state))

    def _start_audit(self) -> None:
        tip = self.ledger.state.main
        job = self._send_job("audit", base=tip)
        self.carrier.send("builds", self.dispatcher.audit(job, tip, self.ledger.state))

    def _feedback_on(self, item: Item) -> list[Feedback]:
        with self.ledger.begin() as transaction:
            rows = transaction.execute(select(feedback).where(feedback.c.item == item.id).order_by(feedback.c.id))
            return [Feedback(row.source, row.text) for row in rows]

    def _send_job(
        self,
        kind: JobKind,
        *,
        base: str,
        item: int | None = None,
        pull_request: int | None = None,
        number: int = 1,
        cap_usd: float = 0.0,
    ) -> int:
        with self.ledger.begin() as transaction:
            return jobs.send_job(
                transaction,
                kind,
                now=self.clock(),
                lease_seconds=self.settings.lease.seconds,
                base=base,
                item=item,
                pull_request=pull_request,
                number=number,
                cap_usd=cap_usd,
            )
