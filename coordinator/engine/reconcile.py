"""The coordinator: one loop that applies what workers report, decides, and acts.

There is no separate way to resume: the loop started on the store of a killed coordinator is the loop.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from agents import Feedback
from coordinator.engine import one_lean
from coordinator.engine.dispatch import Dispatcher
from coordinator.engine.landing import Lander
from coordinator.errors import ServiceError
from coordinator.schedule import scheduler
from coordinator.schedule.scheduler import Capacity, Finish, decide
from coordinator.store import transitions
from coordinator.store.schema import feedback
from coordinator.store.store import get_meta, live_jobs, load_state, set_meta
from coordinator.work.carrier import Carrier
from coordinator.work.messages import AttemptEnded, AuditEnded, Beat, BuildEnded, ReviewEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.schedule.scheduler import Action
    from coordinator.schedule.state import CampaignState, Item, JobKind
    from coordinator.store.store import Store
    from coordinator.work.messages import Report
    from coordinator.work.services import Services

QUEUE_OF: dict[JobKind, str] = {"attempt": "agents", "review": "agents", "build": "builds", "audit": "builds"}
"""Which queue a job goes to."""

_ROUNDS = 50
"""Decisions in a row before reports are read again: an approval leads to a landing, a landing to new work."""

_PATIENCE = 1.0
"""Seconds to wait for a report before looking at leases and services again."""

_FAREWELL = 3.0
"""Seconds to wait, when a campaign stops, for the workers to tell what the agents they stopped have spent."""

_PROMPT_TOKENS = 30_000
"""Tokens of a prompt that any agent may be expected to send: no agent starts with less money than that costs."""

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
    """

    def __init__(
        self,
        campaign: Campaign,
        book: Book,
        store: Store,
        services: Services,
        clock: Callable[[], float] = time.time,
        lean: str = "",
    ) -> None:
        self._campaign = campaign
        self._settings = campaign.settings
        self._book = book
        self._store = store
        self._services = services
        self._clock = clock
        self._lander = Lander(campaign.hub, store, self._settings.retry)
        model, limits = self._settings.model, self._settings.attempt
        price = model.price_table().price(model.name)
        self._call_usd = price.ceiling(_PROMPT_TOKENS, limits.max_output_tokens)
        self._key = self._begin(lean)
        self._heard = self._board_at = clock()
        self._carrier = self._connect()

    def _begin(self, lean: str) -> str:
        """Brings the store in line with the book and the hub; returns the campaign's key in the broker."""
        now = self._clock()
        self._lander.recover(now)
        with self._store.begin() as connection:
            transitions.seed_items(connection, self._book.blueprint)
            transitions.close_strangers(connection, self._book.blueprint, now)
            key = str(get_meta(connection, "key") or f"{self._settings.library.lower()}-{time.time_ns():x}")
            set_meta(connection, "key", key)
            set_meta(connection, "state", "running")
            set_meta(connection, "reason", "")
            set_meta(connection, "began", now)
            set_meta(connection, "audit_failure", {})
            one_lean.begin_run(connection, lean, now)
        if self._services.owns_broker:
            self._reap_all(lambda _: True, blame=False)
        return key

    def _connect(self) -> Carrier:
        carrier = Carrier(self._services.broker_url, self._key)
        carrier.check()
        with self._store.begin() as connection:
            carrier.restrict(job.id for job in live_jobs(connection))
            lean = one_lean.lean_of(connection)
        self._dispatcher = Dispatcher(self._campaign, self._book, self._key, self._services.model_url, lean)
        return carrier

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
        """One round: applies the reports that arrive within `patience` seconds, revives services, decides, acts."""
        self._revive()
        try:
            self._listen(patience)
            return self._act_until_quiet()
        except ServiceError as error:
            # The broker is away. Leases run out meanwhile; an embedded broker is started again by the next round.
            log.warning("broker_away", error=str(error))
            time.sleep(min(patience, _PATIENCE))
            return None

    def stop(self) -> list[str]:
        """Takes back every lease and says what was in flight, a line each. The campaign can be run again.

        The money that the jobs in flight have spent is counted, if their workers tell it within a few seconds.
        """
        with self._store.begin() as connection:
            state = load_state(connection)
            lines = [self._describe(job.kind, job.item, job.pull_request, state) for job in state.jobs]
            set_meta(connection, "state", "stopped")
        self._wind_down()
        return lines

    def _wind_down(self) -> None:
        """Stops all jobs, hears from their workers what they cost, and takes back the leases that are left."""
        until = time.monotonic() + _FAREWELL
        try:
            with self._store.begin() as connection:
                self._carrier.withdraw([job.id for job in live_jobs(connection)])
            if self._services.owns_broker:  # in a broker of one's own the reports wait for the next run
                self._services.drain()
                while self._agents_at_work() and time.monotonic() < until:
                    self._apply_reports(0.1)
        except ServiceError as error:
            log.warning("broker_away", error=str(error))
        self._reap_all(lambda _: True, blame=False)

    def _agents_at_work(self) -> bool:
        with self._store.begin() as connection:
            return any(job.worker and QUEUE_OF[job.kind] == "agents" for job in live_jobs(connection))

    def close(self) -> None:
        """Closes the connections to the broker."""
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
        self._carrier = self._connect()

    def _reap_all(self, concerned: Callable[[JobKind], bool], *, blame: bool) -> None:
        now = self._clock()
        with self._store.begin() as connection:
            for job in live_jobs(connection):
                if concerned(job.kind):
                    transitions.reap_job(connection, job.id, now, blame=blame)

    def _listen(self, patience: float) -> None:
        """Applies the reports that arrive within `patience` seconds, and all that wait.

        Leases are judged as of the moment this began, for later heartbeats may wait unread while this process is
        busy. When it was away itself (the machine slept, git hung, so did the broker), leases get a new term, for
        their workers may have been cut off or asleep as well.
        """
        now = self._clock()
        if now - self._heard > self._settings.lease.seconds / 2:
            with self._store.begin() as connection:
                transitions.extend_leases(connection, now + self._settings.lease.seconds)
        self._renew_board(now)
        for _ in range(_ROUNDS):
            if not self._apply_reports(patience):
                break
            patience = 0.0
        self._heard = now

    def _renew_board(self, now: float) -> None:
        """Writes the board anew once a heartbeat: a broker that was restarted has forgotten it."""
        if now - self._board_at >= self._settings.lease.heartbeat_seconds:
            with self._store.begin() as connection:
                self._carrier.restrict(job.id for job in live_jobs(connection))
            self._board_at = now

    def _apply_reports(self, patience: float) -> bool:
        """Applies the reports that wait or arrive within `patience` seconds; says whether there were any."""
        received = self._carrier.receive(patience)
        if not received:
            return False
        ended: list[int] = []
        with self._store.begin() as connection:
            for _, report in received:
                self._apply(connection, one_lean.vouched(connection, report, self._clock()))
                if not isinstance(report, Beat):
                    ended.append(report.job)
            self._dispatcher = replace(self._dispatcher, lean=one_lean.lean_of(connection))
        self._carrier.acknowledge([identifier for identifier, _ in received])
        self._carrier.withdraw(ended)
        return True

    def _apply(self, connection: Connection, report: Report) -> None:
        now, retry = self._clock(), self._settings.retry
        match report:
            case Beat():
                transitions.renew_leases(connection, report.worker, report.jobs, now + self._settings.lease.seconds)
            case AttemptEnded():
                transitions.end_attempt(connection, report, retry, now, self._settings.attempt.max_cost_usd)
            case ReviewEnded():
                transitions.end_review(connection, report, now)
            case BuildEnded():
                transitions.end_build(connection, report, retry, now)
            case AuditEnded():
                transitions.end_audit(connection, report, now)

    def _act_until_quiet(self) -> Finish | None:
        capacity = self._capacity()
        for _ in range(_ROUNDS):
            self._notice_main()
            with self._store.begin() as connection:
                state = load_state(connection).within(self._book.blueprint)
            actions = decide(state, self._book.graph, self._settings, capacity, self._heard)
            for action in actions:
                if isinstance(action, Finish):
                    return self._finish(action)
            if not self._act(actions, state):
                return None
        return None

    def _notice_main(self) -> None:
        """Takes note of where ``main`` is: a person may have pushed to it."""
        tip = self._campaign.main()
        with self._store.begin() as connection:
            if tip != get_meta(connection, "main"):
                set_meta(connection, "main", tip)
                transitions.log_event(connection, "main_pushed", self._clock(), commit=tip)

    def _finish(self, action: Finish) -> Finish:
        with self._store.begin() as connection:
            set_meta(connection, "state", action.state)
            set_meta(connection, "reason", action.reason)
            left = live_jobs(connection)
        if left:
            self._wind_down()
        return action

    def _act(self, actions: Sequence[Action], state: CampaignState) -> bool:
        """Carries actions out. Says whether there may be more to decide at once."""
        landed = False
        for action in actions:
            match action:
                case scheduler.Reap(job):
                    self._reap(job)
                case scheduler.Land(number):
                    # One at a time: the next branch is judged against the main this one makes.
                    if not landed:
                        request = next(each for each in state.pull_requests if each.number == number)
                        landed = self._lander.land(request, state.by_id[request.item], self._clock())
                case scheduler.Approve() | scheduler.Bounce() | scheduler.GiveUp():
                    self._record(action)
                case (
                    scheduler.StartAttempt() | scheduler.StartReview() | scheduler.StartBuild() | scheduler.StartAudit()
                ):
                    self._start(action, state)
                case Finish():
                    pass
        return bool(actions)

    def _reap(self, job: int) -> None:
        with self._store.begin() as connection:
            transitions.reap_job(connection, job, self._clock(), blame=True)
        self._carrier.withdraw([job])

    def _record(self, action: scheduler.Approve | scheduler.Bounce | scheduler.GiveUp) -> None:
        now = self._clock()
        with self._store.begin() as connection:
            match action:
                case scheduler.Approve(number):
                    transitions.approve(connection, number, now)
                case scheduler.Bounce(number, source, reason):
                    transitions.bounce(connection, number, source, reason, self._settings.retry, now)
                case scheduler.GiveUp(item):
                    transitions.give_up(connection, item, now)

    def _start(
        self,
        action: scheduler.StartAttempt | scheduler.StartReview | scheduler.StartBuild | scheduler.StartAudit,
        state: CampaignState,
    ) -> None:
        match action:
            case scheduler.StartAttempt(item, number, cap):
                self._start_attempt(item, number, cap, state)
            case scheduler.StartReview(number, seat, cap):
                self._start_review(number, seat, cap, state)
            case scheduler.StartBuild(number):
                self._start_build(number, state)
            case scheduler.StartAudit():
                job = self._send_job("audit", base=state.main)
                self._carrier.send("builds", self._dispatcher.audit(job, state.main, state))

    def _start_attempt(self, item_id: int, number: int, cap: float, state: CampaignState) -> None:
        item, tip = state.by_id[item_id], state.main
        job = self._send_job("attempt", base=tip, item=item_id, number=number, cap_usd=cap)
        order = self._dispatcher.attempt(job, item, number, cap, tip, state, self._feedback_on(item))
        self._carrier.send("agents", order)

    def _feedback_on(self, item: Item) -> list[Feedback]:
        with self._store.begin() as connection:
            rows = connection.execute(select(feedback).where(feedback.c.item == item.id).order_by(feedback.c.id))
            return [Feedback(row.source, row.text) for row in rows]

    def _start_review(self, number: int, seat: int, cap: float, state: CampaignState) -> None:
        request = next(each for each in state.pull_requests if each.number == number)
        item = state.by_id[request.item]
        job = self._send_job("review", base=request.base, item=item.id, pull_request=number, number=seat, cap_usd=cap)
        self._carrier.send("agents", self._dispatcher.review(job, item, cap, request, state, self._feedback_on(item)))

    def _start_build(self, number: int, state: CampaignState) -> None:
        request = next(each for each in state.pull_requests if each.number == number)
        item = state.by_id[request.item]
        candidate = self._lander.join(request, self._clock())
        if candidate is not None:
            job = self._send_job("build", base=candidate.tip, item=item.id, pull_request=number)
            self._carrier.send("builds", self._dispatcher.build(job, item, candidate.tip, candidate.commit, state))

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
        with self._store.begin() as connection:
            return transitions.send_job(
                connection,
                kind,
                now=self._clock(),
                lease_seconds=self._settings.lease.seconds,
                base=base,
                item=item,
                pull_request=pull_request,
                number=number,
                cap_usd=cap_usd,
            )

    def _capacity(self) -> Capacity:
        """What this host's workers can do (also before they are up), and those elsewhere that are there."""
        workers = self._settings.workers
        return Capacity(
            max(workers.agents, self._carrier.slots("agents")),
            max(workers.builds, self._carrier.slots("builds")),
            self._call_usd,
        )
