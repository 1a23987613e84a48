"""The page that Prometheus reads: `/metrics`, and nothing else, served by one thread."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from coordinator.errors import ServiceError
from coordinator.observation.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.observation.metrics import Registry

_TIMEOUT = 10.0
"""Seconds a reader may be silent."""


@contextmanager
def serve_metrics(registry: Registry, address: str, port: int) -> Iterator[int]:
    """Serves the metrics as long as the context lasts.

    Args:
        registry: the metrics.
        address: of this host to listen at.
        port: TCP port; 0 takes a free one.

    Yields:
        The port.

    Raises:
        ServiceError: the port cannot be had.
    """
    try:
        server = ThreadingHTTPServer((address, port), _handler_of(registry))
    except OSError as error:
        raise ServiceError(
            f"Metrics cannot be served at {address}:{port} ({error.strerror}): free it, or set another `metrics.port`."
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler_of(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers `GET /metrics`."""

        timeout = _TIMEOUT
        server_version = "blueprover"
        sys_version = ""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = registry.render().encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: a line a scrape would drown the rest of the log."""

    return Handler
