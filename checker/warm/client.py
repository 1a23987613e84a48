"""One side of a conversation with a Lean server: JSON-RPC messages over pipes, bounded in time and size."""

from __future__ import annotations

import json
import os
import selectors
import time
from typing import TYPE_CHECKING, Any, Final

from checker.errors import ServerFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

_CHUNK: Final = 1 << 16
_HEADER_BYTES: Final = 1 << 10
_DIGITS: Final = 12
_GLANCE_SECONDS: Final = 0.1
"""How often the watcher looks while a message is awaited."""


class Client:
    """Sends and receives messages. One thread at a time may use it.

    Attributes:
        heard_bytes: what the server has said since this was last set to 0.
    """

    def __init__(self, process: Popen[bytes], cap: int, watch: Callable[[], None]) -> None:
        """Make a client of a process started with pipes.

        Args:
            process: the server.
            cap: bytes it may say before `heard_bytes` is reset.
            watch: called every tenth of a second while a message is awaited; may raise.
        """
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._to, False)
        self._cap = cap
        self._watch = watch
        self._unsent = bytearray()
        self._unread = bytearray()
        self.heard_bytes = 0

    def send(self, method: str, params: dict[str, Any], number: int | None = None) -> None:
        """Queue a notification, or with a number a request; it leaves while an answer is awaited."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        data = json.dumps(message).encode()
        self._unsent += b"Content-Length: %d\r\n\r\n" % len(data) + data

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next message, by a time of the monotonic clock.

        Raises:
            ServerFailed: when none comes, what comes is no message, or it is too much.
        """
        while True:
            message = self._message()
            if message is not None:
                return message
            self._exchange(deadline)

    def listen(self, deadline: float) -> None:
        """Wait until the server has said anything at all.

        Raises:
            ServerFailed: when it does not.
        """
        while not self._unread:
            self._exchange(deadline)

    def _message(self) -> dict[str, Any] | None:
        """Take one whole message from what was read."""
        head, found, body = self._unread.partition(b"\r\n\r\n")
        if not found:
            if len(head) > _HEADER_BYTES:
                raise ServerFailed("crash", "Lean's server says something that is no message.")
            return None
        size = _size(bytes(head))
        if size > self._cap:
            raise self._too_loud()
        if len(body) < size:
            return None
        self._unread = body[size:]
        try:
            message = json.loads(body[:size])
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise ServerFailed("crash", "Lean's server says something that is no message.")
        return message

    def _exchange(self, deadline: float) -> None:
        """Write and read what can be, once."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise ServerFailed("timeout", "Lean's server did not finish in time.")
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            if self._unsent:
                selector.register(self._to, selectors.EVENT_WRITE)
            ready = selector.select(min(left, _GLANCE_SECONDS))
        for key, _ in ready:
            if key.fd == self._to:
                self._write()
            else:
                self._read()
        self._watch()

    def _write(self) -> None:
        try:
            del self._unsent[: os.write(self._to, self._unsent[:_CHUNK])]
        except BlockingIOError:
            return
        except BrokenPipeError as error:
            raise ServerFailed("crash", "Lean's server has ended.") from error

    def _read(self) -> None:
        chunk = os.read(self._from, _CHUNK)
        if not chunk:
            raise ServerFailed("crash", "Lean's server has ended.")
        self._unread += chunk
        self.heard_bytes += len(chunk)
        if self.heard_bytes > self._cap:
            raise self._too_loud()

    def _too_loud(self) -> ServerFailed:
        return ServerFailed("output", f"Lean's server said over {self._cap} bytes.")


def _size(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        digits = value.strip()
        if name.lower() == b"content-length" and digits.isdigit() and len(digits) <= _DIGITS:
            return int(digits)
    raise ServerFailed("crash", "Lean's server says something that is no message.")
