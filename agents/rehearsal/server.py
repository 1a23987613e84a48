"""The rehearsal's HTTP server: `POST /v1/messages`, streamed or not, answered by a script, with faults on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol, Self

from agents.errors import RehearsalError
from agents.rehearsal.faults import Fault, Faults
from agents.rehearsal.message import events, message
from agents.rehearsal.rendezvous import Rendezvous
from agents.rehearsal.request import Invalid, read_request

if TYPE_CHECKING:
    from types import TracebackType

    from agents.rehearsal.message import Action
    from agents.rehearsal.request import Request

MAX_BODY = 32_000_000
_STALL_SECONDS = 3600.0
_ERRORS = {
    Fault.RATE_LIMIT: (429, "rate_limit_error", "the rehearsal's rate limit"),
    Fault.OVERLOADED: (529, "overloaded_error", "the rehearsal is overloaded"),
    Fault.BROKEN: (500, "api_error", "the rehearsal broke"),
    Fault.REFUSE: (401, "authentication_error", "invalid API key"),
}


class Script(Protocol):
    """What answers: a pure function of the request, so that it does not matter which process is asked."""

    def act(self, request: Request) -> Action:
        """The next thing to say and do."""
        ...


class RehearsalServer:
    """A server on this machine, running in threads of its own from construction to `close`.

    Args:
        script: what answers.
        faults: what goes wrong.
        rendezvous: who waits for whom.
        think_seconds: how long each answer takes.
        port: 0 chooses a free one.

    Raises:
        RehearsalError: the port cannot be used.
    """

    def __init__(
        self,
        script: Script,
        *,
        faults: Faults | None = None,
        rendezvous: Rendezvous | None = None,
        think_seconds: float = 0.0,
        port: int = 0,
    ) -> None:
        try:
            self._http = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise RehearsalError(
                f"the rehearsal cannot listen on port {port}: {error.strerror}; choose another, or 0 for any"
            ) from error
        self._http.script = script
        self._http.faults = faults or Faults()
        self._http.rendezvous = rendezvous or Rendezvous()
        self._http.think_seconds = think_seconds
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL for a client, such as ``http://127.0.0.1:40001``."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def requests(self) -> int:
        """How many requests for messages have come so far."""
        return self._http.requests

    def close(self) -> None:
        """Stop listening and hang up."""
        self._http.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """A threading server that knows its connections, so that it can hang up on them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    script: Script
    faults: Faults
    rendezvous: Rendezvous
    think_seconds: float

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stopping = threading.Event()
        self.requests = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def count(self) -> None:
        """Count a request for a message."""
        with self._lock:
            self.requests += 1

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection; its thread notices and closes it."""
        with self._lock:
            for connection in self._open:
                _quietly_shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is everyday; nothing is written to stderr."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
        """Keep quiet: the record of a rehearsal is the attempts' transcripts."""

    def do_GET(self) -> None:
        """Say what this is."""
        self._json(200, {"service": "rehearsal", "requests": self.server.requests})

    def do_POST(self) -> None:
        """Answer a request for a message."""
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            self._refuse(413, "request_too_large", "the request is too large")
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if self.path.split("?")[0] != "/v1/messages":
            self._refuse(404, "not_found_error", f"there is nothing at {self.path}")
        elif not (self.headers.get("authorization") or self.headers.get("x-api-key")):
            self._refuse(401, "authentication_error", "an API key is required")
        else:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.server.count()
        fault = self.server.faults.next()
        if fault in _ERRORS:
            self._refuse(*_ERRORS[fault], retry_after="1" if fault is Fault.RATE_LIMIT else None)
            return
        try:
            request = read_request(body)
            self._meet(request)
            answer = message(request, self.server.script.act(request))
        except (Invalid, RehearsalError) as error:
            self._refuse(400, "invalid_request_error", str(error))
            return
        except (KeyError, TypeError, AttributeError) as error:
            self._refuse(400, "invalid_request_error", f"the request is malformed: {error!r}")
            return
        self.server.stopping.wait(self.server.think_seconds)
        if request.streamed:
            self._stream(list(events(answer)), fault)
        else:
            self._json(200, answer)

    def _meet(self, request: Request) -> None:
        first_try = not request.feedback and request.turns == 1
        if first_try and request.task.get("Role") == "author" and request.task.get("Stage") == "proof":
            self.server.rendezvous.meet(request.task.get("Node", ""))

    def _stream(self, chunks: list[bytes], fault: Fault | None) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("cache-control", "no-cache")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        sent = chunks if fault is None else chunks[: len(chunks) // 2]
        for chunk in sent:
            self._chunk(chunk)
        match fault:
            case Fault.DROP:
                self._reset()
                return
            case Fault.STALL:
                self.wfile.flush()
                self.server.stopping.wait(_STALL_SECONDS)
                self.close_connection = True
                return
            case Fault.OVERLOADED_LATE:
                error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
                self._chunk(f"event: error\ndata: {json.dumps(error)}\n\n".encode())
            case _:
                pass
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _reset(self) -> None:
        """End the connection with a reset, as a crashed proxy would."""
        self.wfile.flush()
        time.sleep(0.02)  # let the first half arrive; a reset throws away what is still under way
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _refuse(self, status: int, kind: str, text: str, retry_after: str | None = None) -> None:
        error = {"type": "error", "error": {"type": kind, "message": text}}
        self._json(status, error, retry_after)

    def _json(self, status: int, data: dict[str, Any], retry_after: str | None = None) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if retry_after is not None:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(body)


def _quietly_shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # already gone, which is what was wanted
        return
