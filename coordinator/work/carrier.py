"""The broker, seen from both ends: orders go out as Celery tasks, reports come back through a stream.

The broker only carries. Beside the queues it holds, per campaign, the *board*: the set of jobs whose lease is live.
A worker drops what is not on the board before it spends anything, and stops what leaves the board while it works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import redis
import structlog
from celery import Celery
from kombu import pools
from kombu.exceptions import OperationalError
from pydantic import ValidationError
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from coordinator.errors import ServiceError
from coordinator.work.messages import read_report, write_order, write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from coordinator.work.messages import Order, Report

TASK = "blueprover.run_order"
QUEUES = ("agents", "builds")

_SOCKET_SECONDS = 30
_STREAM_READ = 256

log = structlog.get_logger(__name__)


def make_app(url: str) -> Celery:
    """The Celery application on the broker at `url`.

    Early acknowledgement and no redelivery: a lost task is a lost lease, and the coordinator sends the work again.
    No result backend, no ETA, no canvas: outcomes are rows of the store.
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
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": _SOCKET_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        task_create_missing_queues=True,
    )
    return app


def connect(url: str, *, text: bool = True) -> redis.Redis:
    """A client of the broker at `url`, which tries again for a few seconds before it fails.

    Args:
        url: of the broker.
        text: whether answers are text, rather than bytes.

    Raises:
        ServiceError: no broker can have such a URL.
    """
    retry = Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), retries=5)
    try:
        return redis.Redis.from_url(
            url, socket_timeout=_SOCKET_SECONDS, socket_keepalive=True, retry=retry, decode_responses=text
        )
    except ValueError as error:
        raise ServiceError(f"The broker's URL is none ({error}); it looks like redis://HOST:6379/0.") from error


class Carrier:
    """The coordinator's end. Not for several threads at once.

    Attributes:
        campaign: prefix of the campaign's keys.
    """

    def __init__(self, url: str, campaign: str) -> None:
        self.campaign = campaign
        self._app = make_app(url)
        self._client = connect(url)

    def check(self) -> None:
        """Raises `ServiceError` when the broker does not answer."""
        try:
            self._client.ping()
        except redis.RedisError as error:
            raise ServiceError(f"The broker does not answer: {error}. Check `broker.url`.") from error

    def send(self, queue: str, order: Order) -> None:
        """Puts the job on the board, then sends it to `queue`.

        Raises:
            ServiceError: the broker is away; the job's lease will run out and the work be sent again.
        """
        try:
            self._client.sadd(board_key(self.campaign), order.envelope.job)
            self._app.send_task(TASK, args=[write_order(order)], queue=queue, retry=False)
        except (redis.RedisError, OSError, OperationalError) as error:
            raise ServiceError(f"The broker is away: {error}") from error

    def slots(self, queue: str) -> int:
        """Jobs that the workers of `queue`, wherever they are, can run at once.

        Raises:
            ServiceError: the broker is away.
        """
        try:
            keys = list(self._client.scan_iter(presence_key(queue, "*"), count=1000))
            return sum(int(value) for value in self._client.mget(keys) if value) if keys else 0
        except redis.RedisError as error:
            raise ServiceError(f"The broker is away: {error}") from error

    def withdraw(self, jobs: Collection[int]) -> None:
        """Takes jobs off the board: their workers stop at the next heartbeat."""
        if jobs:
            self._guarded(lambda: self._client.srem(board_key(self.campaign), *jobs))

    def restrict(self, jobs: Iterable[int]) -> None:
        """Sets the board to exactly `jobs`, as after a restart."""
        live = list(jobs)

        def write() -> None:
            with self._client.pipeline() as pipe:
                pipe.delete(board_key(self.campaign))
                if live:
                    pipe.sadd(board_key(self.campaign), *live)
                pipe.execute()

        self._guarded(write)

    def receive(self, wait_seconds: float) -> list[tuple[str, Report]]:
        """Reports that wait, oldest first, after at most `wait_seconds` for the first one.

        They stay in the stream until `acknowledge`: a coordinator that dies in between reads them again.

        Raises:
            ServiceError: the broker is away.
        """
        key = reports_key(self.campaign)
        try:
            answer = self._client.xread({key: "0"}, count=_STREAM_READ, block=max(1, int(wait_seconds * 1000)))
        except redis.RedisError as error:
            raise ServiceError(f"The broker is away: {error}") from error
        entries = cast("list[tuple[str, list[tuple[str, dict[str, str]]]]]", answer or [])
        return [report for _, rows in entries for report in self._read(rows)]

    def _read(self, rows: list[tuple[str, dict[str, str]]]) -> list[tuple[str, Report]]:
        reports = []
        for identifier, fields in rows:
            try:
                reports.append((identifier, read_report(fields["report"])))
            except (ValidationError, KeyError) as error:
                log.warning("report_unreadable", error=str(error)[:500])
                self.acknowledge([identifier])
        return reports

    def acknowledge(self, identifiers: Collection[str]) -> None:
        """Deletes reports whose effect is in the store."""
        if identifiers:
            self._guarded(lambda: self._client.xdel(reports_key(self.campaign), *identifiers))

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except redis.RedisError as error:
            raise ServiceError(f"The broker is away: {error}") from error

    def close(self) -> None:
        """Closes all connections, those of every Celery application in this process among them."""
        self._client.close()
        # Celery's own `close` forgets its pools and leaves their sockets to the garbage collector.
        pools.reset()  # type: ignore[no-untyped-call]  # kombu has no annotations there
        self._app.close()


class Line:
    """A worker's end: safe for several threads."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)

    def is_live(self, campaign: str, job: int) -> bool:
        """Whether the job is on the board."""
        return bool(self._client.sismember(board_key(campaign), str(job)))

    def lost(self, campaign: str, jobs: Collection[int]) -> set[int]:
        """Those of `jobs` that left the board."""
        if not jobs:
            return set()
        ordered = list(jobs)
        answers = cast("list[int]", self._client.smismember(board_key(campaign), [str(job) for job in ordered]))
        return {job for job, there in zip(ordered, answers, strict=True) if not there}

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def show_presence(self, queue: str, worker: str, slots: int, seconds: float) -> None:
        """Says that `worker` is there and can run `slots` jobs; unless repeated, forgotten after `seconds`."""
        self._client.set(presence_key(queue, worker), slots, px=int(seconds * 1000))

    def report(self, campaign: str, report: Report) -> None:
        """Sends a report.

        Raises:
            redis.RedisError: the broker stayed away.
        """
        self._client.xadd(reports_key(campaign), {"report": write_report(report)})


def presence_key(queue: str, worker: str) -> str:
    """Key under which a worker says that it is there."""
    return f"blueprover:workers:{queue}:{worker}"


def board_key(campaign: str) -> str:
    """Key of the set of live jobs."""
    return f"blueprover:{campaign}:live"


def reports_key(campaign: str) -> str:
    """Key of the stream of reports."""
    return f"blueprover:{campaign}:reports"
