"""The broker, seen from both ends: orders go out as Celery tasks, reports come back through a stream.

The broker only carries. Beside the queues it holds, per campaign, the *board*: the set of jobs whose lease is live, and
the set of those that a worker has taken. A worker drops what is not on the board, or was taken before, ere it spends
anything, and stops what leaves the board while it works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import redis
import structlog
from pydantic import ValidationError
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from coordinator.errors import ServiceError
from coordinator.work.calls import Calls
from coordinator.work.hello import read_hello
from coordinator.work.locks import locks_key
from coordinator.work.orders import write_order
from coordinator.work.reports import Beat, read_report, write_report
from coordinator.work.wire import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from coordinator.work.hello import Hello
    from coordinator.work.locks import Lock
    from coordinator.work.orders import Order
    from coordinator.work.reports import Report

TASK = "blueprover.run_order"
QUEUES = ("agents", "builds")

SOCKET_SECONDS = 30
"""Seconds after which an answer of the broker is waited for no longer."""

_STREAM_READ = 256
_TRIES = 5

log = structlog.get_logger(__name__)


def connect(url: str, *, text: bool = True, tries: int = _TRIES) -> redis.Redis:
    """A client of the broker at `url`, which tries again for a few seconds before it fails.

    Args:
        url: of the broker.
        text: whether answers are text, rather than bytes.
        tries: how often a command is sent again when the connection broke.

    Raises:
        ServiceError: no broker can have such a URL.
    """
    retry = Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), retries=tries)
    try:
        return redis.Redis.from_url(
            url, socket_timeout=SOCKET_SECONDS, socket_keepalive=True, retry=retry, decode_responses=text
        )
    except ValueError as error:
        raise ServiceError(f"The broker's URL is none ({error}); it looks like redis://HOST:6379/0.") from error


class Carrier:
    """The coordinator's end. Not for several threads at once.

    Orders are gathered and sent together: `send` takes them, `flush` writes them.

    Attributes:
        campaign: prefix of the campaign's keys.
    """

    def __init__(self, url: str, campaign: str) -> None:
        self.campaign = campaign
        self._client = connect(url)
        # An order that may have been sent is not sent once more: its lease runs out, and the work goes out anew.
        self._publisher = connect(url, tries=0)
        self._writers = {queue: Writer(TASK, queue) for queue in QUEUES}
        self._outgoing: list[tuple[str, Order]] = []

    def check(self) -> None:
        """Raises `ServiceError` when the broker does not answer."""
        try:
            self._client.ping()
        except redis.RedisError as error:
            raise ServiceError(f"The broker does not answer: {error}. Check `broker.url`.") from error

    def send(self, queue: str, order: Order) -> None:
        """Takes an order that the next `flush` is to bring to `queue`."""
        self._outgoing.append((queue, order))

    def flush(self) -> None:
        """Puts the jobs of all orders taken on the board and sends them to their queues, all or none.

        Raises:
            ServiceError: the broker is away; the jobs' leases will run out and the work be sent again.
        """
        outgoing, self._outgoing = self._outgoing, []
        if outgoing:
            self._guarded(lambda: self._publish(outgoing))

    def _publish(self, outgoing: list[tuple[str, Order]]) -> None:
        with self._publisher.pipeline(transaction=True) as pipe:
            pipe.sadd(board_key(self.campaign), *(order.envelope.job for _, order in outgoing))
            for queue in dict.fromkeys(queue for queue, _ in outgoing):
                write = self._writers[queue].write
                pipe.lpush(queue, *(write(write_order(order)) for its, order in outgoing if its == queue))
            pipe.execute()

    def announce(self, hello: Hello, seconds: float) -> None:
        """Says that this campaign is run; unless repeated, forgotten after `seconds`.

        Raises:
            ServiceError: the broker is away.
        """
        key = campaign_key(self.campaign)
        self._guarded(lambda: self._client.set(key, hello.to_text(), px=int(seconds * 1000)))

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
            self._guarded(lambda: self._take_off(jobs))

    def _take_off(self, jobs: Collection[int]) -> None:
        with self._client.pipeline(transaction=False) as pipe:
            pipe.srem(board_key(self.campaign), *jobs)
            pipe.srem(taken_key(self.campaign), *jobs)
            pipe.execute()

    def restrict(self, jobs: Iterable[int]) -> None:
        """Sets the board to exactly `jobs`, as after a restart."""
        live = list(jobs)

        def write() -> None:
            with self._client.pipeline() as pipe:
                pipe.delete(board_key(self.campaign))
                if live:
                    pipe.sadd(board_key(self.campaign), *live)
                pipe.sinterstore(taken_key(self.campaign), [taken_key(self.campaign), board_key(self.campaign)])
                pipe.execute()

        self._guarded(write)

    def tell_locks(self, locks: Iterable[Lock], *, anew: bool = False) -> None:
        """Appends what landings locked, in their order; `anew` in place of what the broker holds.

        Raises:
            ServiceError: the broker is away.
        """
        key = locks_key(self.campaign)

        def write() -> None:
            with self._client.pipeline(transaction=anew) as pipe:
                if anew:
                    pipe.delete(key)
                for lock in locks:
                    pipe.xadd(key, cast("Any", lock.fields()), id=f"{lock.landing}-0")
                pipe.execute()

        self._guarded(write)

    def last_lock(self) -> int:
        """Number of the last landing whose lock the broker holds; 0 where it holds none.

        Raises:
            ServiceError: the broker is away.
        """
        try:
            newest = cast("list[tuple[str, object]]", self._client.xrevrange(locks_key(self.campaign), count=1))
        except redis.RedisError as error:
            raise ServiceError(f"The broker is away: {error}") from error
        return int(newest[0][0].partition("-")[0]) if newest else 0

    def receive(self, wait_seconds: float) -> list[tuple[str, Report]]:
        """Reports that wait, oldest first, after at most `wait_seconds` for the first one. Orders are sent before.

        They stay in the stream until `acknowledge`: a coordinator that dies in between reads them again.

        Raises:
            ServiceError: the broker is away.
        """
        self.flush()
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
        """Closes the connections."""
        self._client.close()
        self._publisher.close()


class Line:
    """A worker's end: safe for many threads, whose commands go out together."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)
        self._calls = Calls(self._client)

    def take(self, campaign: str, worker: str, job: int) -> bool:
        """Takes a job for `worker` and tells the coordinator so; says whether it is this worker's to do.

        It is not when it left the board, or when it was taken before: the broker may carry an order twice.

        Raises:
            redis.RedisError: the broker stayed away.
        """
        board, taken, reports = board_key(campaign), taken_key(campaign), reports_key(campaign)
        beat = write_report(Beat(worker, (job,)))
        live, first, _ = self._calls.make(
            ("SISMEMBER", board, job), ("SADD", taken, job), ("XADD", reports, "*", "report", beat)
        )
        return bool(live and first)

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

    def campaigns(self) -> dict[str, Hello]:
        """The campaigns that are run through this broker now, by their keys."""
        keys = [str(key) for key in self._client.scan_iter(campaign_key("*"), count=1000)]
        told = zip(keys, self._client.mget(keys), strict=True) if keys else ()
        return {key.removeprefix(campaign_key("")): read_hello(str(text)) for key, text in told if text}

    def show_presence(self, queue: str, worker: str, slots: int, seconds: float) -> None:
        """Says that `worker` is there and can run `slots` jobs; unless repeated, forgotten after `seconds`."""
        self._client.set(presence_key(queue, worker), slots, px=int(seconds * 1000))

    def report(self, campaign: str, report: Report) -> None:
        """Sends a report.

        Raises:
            redis.RedisError: the broker stayed away.
        """
        self._calls.make(("XADD", reports_key(campaign), "*", "report", write_report(report)))


def presence_key(queue: str, worker: str) -> str:
    """Key under which a worker says that it is there."""
    return f"blueprover:workers:{queue}:{worker}"


def campaign_key(campaign: str) -> str:
    """Key under which a coordinator says that it runs a campaign."""
    return f"blueprover:campaigns:{campaign}"


def board_key(campaign: str) -> str:
    """Key of the set of live jobs."""
    return f"blueprover:{campaign}:live"


def taken_key(campaign: str) -> str:
    """Key of the set of live jobs that a worker has taken."""
    return f"blueprover:{campaign}:taken"


def reports_key(campaign: str) -> str:
    """Key of the stream of reports."""
    return f"blueprover:{campaign}:reports"
