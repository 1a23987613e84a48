"""A real git server of the web: git's own program for it, behind Python's HTTP server, with a password."""

from __future__ import annotations

import base64
import contextlib
import os
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "agents", "let-me-in"
_ALLOWED = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


@contextlib.contextmanager
def git_server(folder: Path, secured: Path | None = None) -> Iterator[str]:
    """Serves the repositories below `folder`, to read and to write; its address, with the password in it.

    Args:
        folder: of the repositories.
        secured: file with the key and the certificate of a server that is to speak https.
    """
    folders = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    program = Path(folders, "git-http-backend")
    if not program.exists():
        if os.environ.get("CI"):
            pytest.fail("git-http-backend is not installed, and CI skips nothing")
        pytest.skip("git-http-backend is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(program, folder))
    if secured is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(secured)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{'https' if secured else 'http'}://{USER}:{PASSWORD}@127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(file: Path) -> None:
    """Writes the key and the certificate of a server on this host that nobody but who has the file trusts."""
    key, certificate = file.with_suffix(".key"), file.with_suffix(".crt")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    made = ("-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate)
    subprocess.run(["openssl", "req", "-x509", *made, *subject], capture_output=True, check=True)
    file.write_bytes(key.read_bytes() + certificate.read_bytes())


def _handler(program: Path, folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Hands a request to git and git's answer back."""

        def do_GET(self) -> None:
            if self.headers.get("Authorization") != _ALLOWED:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            length = self.headers.get("Content-Length", "0")
            answer = subprocess.run(
                [program],
                input=self.rfile.read(int(length)),
                capture_output=True,
                check=True,
                env={
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "REMOTE_USER": USER,  # whoever is known may push
                    "REMOTE_ADDR": "127.0.0.1",
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": length,
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                },
            ).stdout
            head, _, body = answer.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            fields["Content-Length"] = str(len(body))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
