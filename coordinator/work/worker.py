"""A worker process: takes orders from one queue, carries them out on its workshop, keeps their leases alive.

Started by the campaign on its own host, or by hand on any other that reaches the broker and the git remote.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import redis
import structlog
from celery import Celery, signals
from celery.platforms import EX_OK
from celery.worker import state

from coordinator.errors import OtherVersion, ServiceError
from coordinator.work.carrier import SOCKET_SECONDS, TASK, Line
from coordinator.work.hello import check_hello, hello
from coordinator.work.orders import read_order
from coordinator.work.reports import Beat, failed_report, in_one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents import Usage
    from coordinator.work.hello import Sandboxing
    from coordinator.work.orders import Envelope, Order
    from coordinator.work.reports import Report

_SILENCE = 3.0
"""A worker that was silent for so many heartbeats is taken for gone."""

_KEPT = 600.0
"""Seconds for which a report is kept and tried again while the broker is away: it holds work and money."""

_TURN_FOR_EACH = 50e-6
"""Seconds, for each slot, that a thread may go on computing while others want to. Each that waits for its turn looks
up once in such a time; with Python's 5 ms, thousands that were answered in the same moment do nothing else."""

log = structlog.get_logger(__name__)


def make_app(url: str) -> Celery:
    """The Celery application on the broker at `url`.

    Early acknowledgement and no redelivery: a lost task is a lost lease, and the coordinator sends the work again.
    No result backend, no ETA, no canvas: outcomes are rows of the store. Nor does the broker keep what a worker has
    fetched and not begun, at two transactions a message: that is lost with its lease as well.
    """
    app = Celery("blueprover", broker=url, set_as_current=False)
    app.conf.update(
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": SOCKET_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "ack_emulation": False,
        },
        task_create_missing_queues=True,
    )
    return app


def _leave_logging_alone(**_: object) -> None:
    """Celery sets up logging unless somebody else does; it would print our lines within lines of its own."""


def _about(envelope: Envelope) -> dict[str, object]:
    """What every log line of an order says of it, as those of the coordinator do: nothing of what there is not."""
    told = {
        "campaign": envelope.title or envelope.campaign,
        "node": envelope.node,
        "stage": envelope.stage,
        "attempt": envelope.attempt,
        "job": envelope.job,
    }
    return {name: value for name, value in told.items() if value}


class Bench(Protocol):
    """What carries out a worker's orders: `Workshop`, or a simulated one. Safe for many threads at once."""

    def carry_out(self, order: Order, cancelled: Callable[[], bool], note: Callable[[Usage], None], /) -> Report:
        """Does what an order says and returns the report: where that fails, a report that says so.

        Args:
            order: what is to be done.
            cancelled: asked often whether to stop.
            note: told now and then what an agent has used so far.
        """


@dataclass
class _Hold:
    """A job this worker works on: its campaign, the flag that tells it to stop, what it used, what of that is told."""

    campaign: str
    stop: threading.Event = field(default_factory=threading.Event)
    used: Usage | None = None
    told: Usage | None = None

    def note(self, used: Usage) -> None:
        """Takes note of what it has used so far."""
        self.used = used


class Worker:
    """One process serving one queue with `slots` threads.

    Args:
        broker: URL of the broker.
        queue: ``agents`` or ``builds``.
        slots: orders at once.
        workshop: what carries the orders out.
        heartbeat_seconds: how often held leases are renewed, and the board is read.
        sandbox: what it runs Lean in.
    """

    def __init__(
        self,
        broker: str,
        queue: str,
        slots: int,
        workshop: Bench,
        heartbeat_seconds: float,
        sandbox: Sandboxing = "bubblewrap",
    ) -> None:
        self.name = f"{socket.gethostname()}-{queue}-{os.getpid()}"
        self._queue = queue
        self._slots = slots
        self._heartbeat = heartbeat_seconds
        self._app = make_app(broker)
        self._line = Line(broker)
        self._hello = hello(sandbox)
        self._refusal: OtherVersion | None = None
        self._workshop = workshop
        self._held: dict[int, _Hold] = {}
        self._guard = threading.Lock()
        self._closing = threading.Event()

    def serve(self) -> None:
        """Serves until the process is told to stop; then lets running jobs stop within a heartbeat.

        Raises:
            ServiceError: the broker does not answer.
            OtherVersion: it cannot serve a campaign that is run through this broker, now or since later.
        """
        sys.setswitchinterval(max(self._slots * _TURN_FOR_EACH, sys.getswitchinterval()))
        self._app.task(name=TASK, shared=False)(self.take)
        try:
            self._greet()
            self._show_presence()
        except redis.RedisError as error:
            raise ServiceError(f"The broker does not answer: {error}. Check BLUEPROVER_BROKER.") from error
        signals.setup_logging.connect(_leave_logging_alone)
        signals.worker_shutting_down.connect(self._stop_all, weak=False)
        threading.Thread(target=self._beat_for_ever, name="heartbeat", daemon=True).start()
        self._app.worker_main(
            [
                "--quiet",
                "worker",
                "--pool=threads",
                f"--concurrency={self._slots}",
                f"--queues={self._queue}",
                f"--hostname={self.name}@%h",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                "--loglevel=WARNING",
            ]
        )
        if self._refusal is not None:
            raise self._refusal

    def _greet(self) -> None:
        for name, campaign in self._line.campaigns().items():
            check_hello(self._hello, campaign, name)

    def take(self, text: str) -> None:
        """Carries out one order, unless its job has left the board or was taken before."""
        order = read_order(text)
        with structlog.contextvars.bound_contextvars(**_about(order.envelope)):
            self._take(order)

    def _take(self, order: Order) -> None:
        job, campaign = order.envelope.job, order.envelope.campaign
        if self._closing.is_set() or not self._line.take(campaign, self.name, job):
            log.info("order_dropped")
            return
        hold = _Hold(campaign)
        with self._guard:
            self._held[job] = hold
        try:
            self._carry_out(order, hold)
        finally:
            with self._guard:
                del self._held[job]

    def _carry_out(self, order: Order, hold: _Hold) -> None:
        report = self._done(order, hold)
        until = time.monotonic() + _KEPT
        while True:
            try:
                self._line.report(order.envelope.campaign, report)
            except redis.RedisError as error:
                log.warning("report_kept", error=str(error))
            else:
                return
            if time.monotonic() > until or self._closing.wait(self._heartbeat):
                # The lease runs out and the work is sent again; the branch, if any, is on the remote.
                log.warning("report_lost")
                return

    def _done(self, order: Order, hold: _Hold) -> Report:
        """What came of an order; a bench that breaks over one is told of, instead of letting its lease run out."""
        try:
            return self._workshop.carry_out(order, hold.stop.is_set, hold.note)
        except Exception as error:  # whatever it is, and whosoever's bench: the coordinator is to know
            log.warning("bench_broke", exc_info=True)
            return failed_report(order, in_one_line(error), hold.used, cancelled=hold.stop.is_set())

    def _beat_for_ever(self) -> None:
        while not self._closing.wait(self._heartbeat):
            try:
                self._greet()
                self._show_presence()
                for campaign in self._busy_campaigns():
                    self._beat(campaign)
                    self._stop_lost(campaign)
            except redis.RedisError as error:
                log.warning("heartbeat_lost", error=str(error))
            except OtherVersion as error:
                # Whoever shares a queue with a campaign would take its orders and misread them: so this worker goes.
                self._refusal = error
                self._stop_all()
                state.should_stop = EX_OK
                return

    def _show_presence(self) -> None:
        self._line.show_presence(self._queue, self.name, self._slots, _SILENCE * self._heartbeat)

    def _busy_campaigns(self) -> set[str]:
        with self._guard:
            return {hold.campaign for hold in self._held.values()}

    def _beat(self, campaign: str) -> None:
        with self._guard:
            held = {job: hold for job, hold in self._held.items() if hold.campaign == campaign}
        spent = {job: hold.used for job, hold in held.items() if hold.used is not None and hold.used != hold.told}
        self._line.report(campaign, Beat(self.name, tuple(held), spent))
        for job, used in spent.items():
            held[job].told = used

    def _stop_lost(self, campaign: str) -> None:
        for job in self._line.lost(campaign, self._jobs_of(campaign)):
            with self._guard:
                hold = self._held.get(job)
            if hold is not None:
                hold.stop.set()

    def _jobs_of(self, campaign: str) -> list[int]:
        with self._guard:
            return [job for job, hold in self._held.items() if hold.campaign == campaign]

    def _stop_all(self, **_: object) -> None:
        self._closing.set()
        with self._guard:
            for hold in self._held.values():
                hold.stop.set()
