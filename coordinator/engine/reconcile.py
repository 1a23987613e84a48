"""The coordinator: one loop that applies what workers report, decides, and acts.

There is no separate way to resume: the loop started on the store of a killed coordinator is the loop.
"""

from __future__ import annotations

import gc
import os
import time
from typing import TYPE_CHECKING

import structlog

from coordinator.campaign.wishes import Stop
from coordinator.engine import one_lean
from coordinator.engine.actions import QUEUE_OF, Performer
from coordinator.engine.capacity import capacity_of, dearest_call
from coordinator.engine.dispatch import Dispatcher
from coordinator.engine.following import follow_audit
from coordinator.engine.landing import Lander
from coordinator.engine.restoring import make_up_for_lost
from coordinator.engine.wishing import Granter
from coordinator.errors import ServiceError
from coordinator.schedule.actions import Finish
from coordinator.schedule.budget import limits_of
from coordinator.schedule.means import full_cap
from coordinator.schedule.scheduler import decide
from coordinator.store.audits import doubt_red, end_audit
from coordinator.store.batches import end_joint
from coordinator.store.items import reopen, seed_items
from coordinator.store.jobs import reap_job
from coordinator.store.journal import Journal, journal_of
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.pushes import Push
from coordinator.store.reports import end_attempt, end_build, end_resolution, end_review
from coordinator.store.spending import note_told
from coordinator.store.withdrawal import close_strangers
from coordinator.temporary import clear_after_the_dead
from coordinator.work.carrier import Carrier
from coordinator.work.hello import hello
from coordinator.work.reports import (
    AttemptEnded,
    AuditEnded,
    Beat,
    BuildEnded,
    JointEnded,
    ResolutionEnded,
    ReviewEnded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.observation.observer import Observer
    from coordinator.schedule.actions import Action, Capacity
    from coordinator.schedule.budget import Money
    from coordinator.schedule.state import CampaignState, JobKind
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import End
    from coordinator.work.services import Services

_ROUNDS = 50
"""Decisions in a row before reports are read again: an approval leads to a landing, a landing to new work."""

_PATIENCE = 1.0
"""Seconds to wait for a report before looking at leases and services again."""

_SILENCE = 3.0
"""A coordinator that was silent for so many heartbeats is taken for gone by workers that come."""

_FAREWELL = 3.0
"""Seconds to wait, when a campaign stops, for the workers to tell what the agents they stopped have spent."""

log = structlog.get_logger(__name__)


class Coordinator:
    """Runs one campaign. The caller holds the campaign's lock.

    Args:
        campaign: which.
        book: its book.
        store: its store, writable.
        services: its processes, started.
        clock: seconds since the epoch.
        lean: identity of this host's Lean, where it runs workers; else that of the first answer is the campaign's.
        observer: sees what is done; nobody does when left out.

    Attributes:
        told_to_stop: whether a person has asked from elsewhere that this run end.
    """

    def __init__(
        self,
        campaign: Campaign,
        book: Book,
        store: Store,
        services: Services,
        clock: Callable[[], float] = time.time,
        lean: str = "",
        observer: Observer | None = None,
    ) -> None:
        self._campaign = campaign
        self._settings = campaign.settings
        self._book = book
        self._store = store
        self._services = services
        self._clock = clock
        self._call = dearest_call(self._settings)
        self._key = self._begin(store, lean)
        self._ledger = Ledger(store, book.graph, self._settings)
        self._journal = None if store.file is None else Journal(journal_of(store.file), self._ledger, clock())
        self._observer = observer
        if observer is not None:
            observer.follow(self._ledger)
        self._granter = Granter(campaign, book, self._ledger.begin, clock)
        self.told_to_stop = False
        self._has_acted = False
        self._moved = False
        if campaign.hub.bring_up_to_date():
            log.info("hub_brought_up_to_date", hub=str(campaign.hub_path))
        self._lander = Lander(campaign.hub, self._ledger, self._settings.retry, self._settings.resolver.tries)
        self._lander.recover(clock())
        clear_after_the_dead()
        if services.owns_broker:
            self._reap_all(lambda _: True, blame=False)
        self._ledger.extend_leases(clock() + self._settings.lease.seconds)
        self._heard = self._board_at = clock()
        self._connect()
        # Book and state stay until the end: the collector need not look through them again and again.
        gc.freeze()

    def _begin(self, store: Store, lean: str) -> str:
        """Brings the store in line with the book; returns the campaign's key in the broker."""
        now = self._clock()
        with store.begin() as transaction:
            seed_items(transaction, self._book.blueprint)
            close_strangers(transaction, self._book.blueprint, now)
            make_up_for_lost(transaction, self._campaign, store.file, now)
            reopen(transaction, self._settings.retry, now)
            key = str(get_meta(transaction, "key") or f"{self._settings.library.lower()}-{time.time_ns():x}")
            set_meta(transaction, "key", key)
            set_meta(transaction, "state", "running")
            set_meta(transaction, "reason", "")
            set_meta(transaction, "began", now)
            set_meta(transaction, "audit_failure", {})
            doubt_red(transaction)
            one_lean.begin_run(transaction, lean, now)
        return key

    def _connect(self) -> None:
        """Connects to the broker, tells it the board, and takes the performer that sends through it."""
        self._carrier = Carrier(self._services.broker_url, self._key)
        self._carrier.check()
        self._carrier.restrict(job.id for job in self._ledger.state.jobs)
        dispatcher = Dispatcher(self._campaign, self._book, self._key, self._services.model_url)
        self._performer = Performer(
            self._ledger, self._lander, dispatcher, self._carrier, self._settings, self._call, self._clock
        )
        self._performer.tell_locks()
        self._announce()

    def _announce(self) -> None:
        self._carrier.announce(hello(self._settings.workers.sandbox), _SILENCE * self._settings.lease.heartbeat_seconds)

    def run(self, watch: Callable[[], None]) -> Finish:
        """Goes on until there is nothing left to do; calls `watch` every now and then.

        Raises:
            ServiceError: a service of this host dies again and again.
            StoreError: the store broke.
            GitError: the hub broke.
        """
        while True:
            finish = self.step()
            watch()
            if finish is not None:
                return finish

    def step(self, patience: float = _PATIENCE) -> Finish | None:
        """One round: applies the reports that arrive within `patience` seconds, revives services, decides, acts.

        The first round waits for no report: nobody has been sent anything yet.
        """
        self._revive()
        try:
            self._grant_wishes()
            self._listen(patience if self._has_acted else 0.0)
            self._has_acted = True
            return self._act_until_quiet()
        except ServiceError as error:
            # The broker is away. Leases run out meanwhile; an embedded broker is started again by the next round.
            log.warning("broker_away", error=str(error))
            time.sleep(min(patience, _PATIENCE))
            return None

    def _grant_wishes(self) -> None:
        """Grants what people have asked for since the last round, and stops the jobs that nobody wants any more."""
        before = [job.id for job in self._ledger.state.jobs]
        for wish in self._granter.grant_waiting():
            log.info("wish_answered", wish=wish.kind)
            self.told_to_stop |= isinstance(wish, Stop) and wish.process == os.getpid()
        unwanted = [job for job in before if self._ledger.state.job(job) is None]
        if unwanted:
            self._carrier.withdraw(unwanted)

    def stop(self) -> list[str]:
        """Takes back every lease and says what was in flight, a line each. The campaign can be run again.

        The money that the jobs in flight have spent is counted, if their workers tell it within a few seconds.
        """
        state = self._ledger.state
        lines = [self._describe(job.kind, job.item, job.pull_request, state) for job in state.jobs]
        with self._ledger.begin() as transaction:
            set_meta(transaction, "state", "stopped")
        self._wind_down()
        return lines

    def _wind_down(self) -> None:
        """Stops all jobs, hears from their workers what they cost, and takes back the leases that are left."""
        until = time.monotonic() + _FAREWELL
        try:
            self._carrier.withdraw([job.id for job in self._ledger.state.jobs])
            if self._services.owns_broker:  # in a broker of one's own the reports wait for the next run
                self._services.drain()
                while self._agents_at_work() and time.monotonic() < until:
                    self._apply_reports(0.1)
        except ServiceError as error:
            log.warning("broker_away", error=str(error))
        self._reap_all(lambda _: True, blame=False)
        self._lander.clear()

    def _agents_at_work(self) -> bool:
        return any(job.worker and QUEUE_OF[job.kind] == "agents" for job in self._ledger.state.jobs)

    def close(self) -> None:
        """Closes the connections to the broker."""
        gc.unfreeze()
        if self._journal is not None:
            self._journal.close()
        self._carrier.close()

    def _describe(self, kind: str, item: int | None, request: int | None, state: CampaignState) -> str:
        if item is None:
            return kind
        subject = state.by_id[item]
        what = f" (pull request {request})" if request else ""
        return f"{kind} of the {subject.stage} of {subject.label}{what}"

    def _revive(self) -> None:
        broker = self._services.broker_url
        lost = self._services.revive()
        if not lost:
            return
        log.warning("workers_restarted", queues=sorted(lost))
        # Where the broker died, the workers were restarted with it: no job is to blame.
        self._reap_all(lambda kind: QUEUE_OF[kind] in lost, blame=self._services.broker_url == broker)
        self._carrier.close()
        self._connect()

    def _reap_all(self, concerned: Callable[[JobKind], bool], *, blame: bool) -> None:
        now = self._clock()
        with self._ledger.begin() as transaction:
            for job in self._ledger.state.jobs:
                if concerned(job.kind):
                    reap_job(transaction, job.id, now, blame=self._settings.retry if blame else None, call=self._call)

    def _listen(self, patience: float) -> None:
        """Applies the reports that arrive within `patience` seconds, and all that wait.

        Leases are judged as of the moment this began, for later heartbeats may wait unread while this process is
        busy. When it was away itself (the machine slept, git hung, so did the broker), leases get a new term, for
        their workers may have been cut off or asleep as well.
        """
        now = self._clock()
        if now - self._heard > self._settings.lease.seconds / 2:
            self._ledger.extend_leases(now + self._settings.lease.seconds)
        self._renew_board(now)
        for _ in range(_ROUNDS):
            if not self._apply_reports(patience):
                break
            patience = 0.0
        self._heard = now

    def _renew_board(self, now: float) -> None:
        """Says once a heartbeat that the campaign runs, and tells a broker anew what it may have forgotten."""
        if now - self._board_at >= self._settings.lease.heartbeat_seconds:
            self._announce()
            self._carrier.restrict(job.id for job in self._ledger.state.jobs)
            if self._carrier.last_lock() != self._ledger.state.landings:
                self._performer.tell_locks()
            self._board_at = now

    def _apply_reports(self, patience: float) -> bool:
        """Applies the reports that wait or arrive within `patience` seconds; says whether there were any."""
        received = self._carrier.receive(patience)
        if not received:
            return False
        reports = [report for _, report in received]
        self._renew_leases([report for report in reports if isinstance(report, Beat)])
        ends = [report for report in reports if not isinstance(report, Beat)]
        if ends:
            with self._ledger.begin() as transaction:
                for report in ends:
                    self._apply(transaction, one_lean.vouched(transaction, report, self._clock()))
        if self._moved:
            self._performer.tell_locks()
            self._moved = False
        self._carrier.acknowledge([identifier for identifier, _ in received])
        self._carrier.withdraw([report.job for report in ends])
        return True

    def _renew_leases(self, beats: Sequence[Beat]) -> None:
        now = self._clock()
        held: dict[str, set[int]] = {}
        for beat in beats:  # a worker tells of each job it takes: all of it together is one transaction
            held.setdefault(beat.worker, set()).update(beat.jobs)
        for worker, its in held.items():
            self._ledger.renew_leases(worker, sorted(its), now + self._settings.lease.seconds, now)
        told = {job: used for beat in beats for job, used in beat.spent.items()}
        if told:
            with self._ledger.begin() as transaction:
                note_told(transaction, told)
            if self._journal is not None:
                self._journal.note_told(told)

    def _apply(self, transaction: Transaction, report: End) -> None:
        now = self._clock()
        match report:
            case AttemptEnded():
                end_attempt(transaction, report, self._settings.retry, now, self._full_cap(report.job))
            case ReviewEnded():
                end_review(transaction, report, now)
            case ResolutionEnded():
                end_resolution(transaction, report, now)
            case BuildEnded():
                end_build(transaction, report, self._settings.retry, now, resolvers=self._settings.resolver.tries > 0)
            case JointEnded():
                end_joint(transaction, report, now)
            case AuditEnded():
                if end_audit(transaction, report, now):
                    self._moved |= follow_audit(transaction, self._book, report, now) != Push()

    def _full_cap(self, attempt: int) -> Money:
        """What an attempt may spend where nothing is scarce."""
        job = self._ledger.state.job(attempt)
        item = self._ledger.state.by_id[job.item] if job is not None and job.item is not None else None
        return full_cap(item, limits_of(self._settings))

    def _act_until_quiet(self) -> Finish | None:
        capacity = capacity_of(self._settings, self._call, self._carrier)
        for _ in range(_ROUNDS):
            self._notice_main()
            self._lander.clear()
            actions = self._decide(capacity)
            for action in actions:
                if isinstance(action, Finish):
                    return self._finish(action)
            if not actions:
                return None
            before = self._ledger.changes
            self._performer.perform(actions)
            if self._ledger.changes == before:  # what could land waits for builders
                return None
        return None

    def _decide(self, capacity: Capacity) -> list[Action]:
        began = time.perf_counter()
        actions = decide(self._ledger.state, self._ledger.readiness, self._settings, capacity, self._heard)
        if self._observer is not None:
            self._observer.note_decision(time.perf_counter() - began)
            self._observer.look()
        return actions

    def _notice_main(self) -> None:
        """Takes note of where ``main`` is: a person may have pushed to it."""
        tip = self._campaign.main()
        if tip != self._ledger.state.main:
            with self._ledger.begin() as transaction:
                set_meta(transaction, "main", tip)
                transaction.log("main_pushed", self._clock(), commit=tip)

    def _finish(self, action: Finish) -> Finish:
        with self._ledger.begin() as transaction:
            set_meta(transaction, "state", action.state)
            set_meta(transaction, "reason", action.reason)
        if self._ledger.state.jobs:
            self._wind_down()
        return action
