"""A broker that cannot be relied on: a proxy before a real one that drops, doubles, delays and reorders messages.

It reads the broker's protocol, so that it can pick orders and reports out of everything else. A message that is held
back goes to a key that nobody reads, so that its sender gets the answer it expects; what is delayed or doubled is sent
later over a connection of the proxy's own, and so arrives out of order.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_NOBODY = b"blueprover:nobody:"
_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Mischief:
    """What is done to messages: shares of them, and how late the late ones are, in seconds at most."""

    dropped: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    late: float = 1.0


class UnreliableBroker:
    """Listens on a port of this host and passes everything on to the broker on another; use as a context.

    Attributes:
        port: where it listens.
        mischief: what it does to messages from now on; may be set at any time.
        counts: how many messages it dropped, doubled and delayed.
    """

    def __init__(self, behind: int, seed: int) -> None:
        self.mischief = Mischief()
        self.counts = {"dropped": 0, "doubled": 0, "delayed": 0}
        self._behind = behind
        self._rng = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._guard = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._closing = threading.Event()
        self._later: list[tuple[float, tuple[bytes, ...]]] = []
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._send_late)]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        """Breaks all connections there are."""
        with self._guard:
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def close(self) -> None:
        """Breaks all connections and listens no more."""
        self._closing.set()
        _close(self._listener)
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._behind), timeout=5)
                server.settimeout(None)
            except OSError:
                _close(client)
                continue
            with self._guard:
                self._ends |= {client, server}
            for target in (self._pass_commands, self._pass_answers):
                threading.Thread(target=target, args=(client, server), daemon=True).start()

    def _pass_answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_BUFFER):
                client.sendall(data)
        self._hang_up(client, server)

    def _pass_commands(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client.makefile("rb") as stream:
            for command in _commands(stream):
                server.sendall(_encoded(self._tampered(command)))
        self._hang_up(client, server)

    def _hang_up(self, *ends: socket.socket) -> None:
        with self._guard:
            self._ends -= set(ends)
        for end in ends:
            _close(end)

    def _tampered(self, command: list[bytes]) -> list[bytes]:
        """The command as it is passed on."""
        name = command[0].upper()
        if name == b"LPUSH":
            kept = [message for message in command[2:] if self._keeps((b"LPUSH", command[1], message))]
            return [*command[:2], *kept] if kept else [name, _NOBODY + name, *command[2:]]
        if name == b"XADD" and command[1].endswith(b":reports"):
            return command if self._keeps(tuple(command)) else [name, _NOBODY + name, *command[2:]]
        return command

    def _keeps(self, message: tuple[bytes, ...]) -> bool:
        """Whether a message is passed on now; when not, or when it is doubled, notes what is to come later."""
        mischief = self.mischief
        with self._guard:
            lot, delay = self._rng.random(), self._rng.uniform(0, mischief.late)
            if lot < mischief.dropped:
                self.counts["dropped"] += 1
                return False
            if lot < mischief.dropped + mischief.doubled:
                self.counts["doubled"] += 1
                self._later.append((time.monotonic() + delay, message))
                return True
            if lot < mischief.dropped + mischief.doubled + mischief.delayed:
                self.counts["delayed"] += 1
                self._later.append((time.monotonic() + delay, message))
                return False
        return True

    def _send_late(self) -> None:
        client = redis.Redis(port=self._behind)
        while not self._closing.wait(0.02):
            now = time.monotonic()
            with self._guard:
                due = [message for at, message in self._later if at <= now]
                self._later = [(at, message) for at, message in self._later if at > now]
            for message in due:
                with contextlib.suppress(redis.RedisError):  # the broker is away: the message is lost
                    client.execute_command(*message)  # type: ignore[no-untyped-call]  # redis has no annotation there
        client.close()


def _commands(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Commands in the broker's protocol: arrays of texts, each with its length before it."""
    while head := stream.readline():
        if not head.startswith(b"*"):
            raise ValueError("a client speaks another protocol")
        command = []
        for _ in range(int(head[1:])):
            size = int(stream.readline()[1:])
            command.append(stream.read(size))
            stream.read(2)
        yield command


def _encoded(command: list[bytes]) -> bytes:
    parts = [b"*%d\r\n" % len(command)]
    parts += [b"$%d\r\n%s\r\n" % (len(part), part) for part in command]
    return b"".join(parts)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
