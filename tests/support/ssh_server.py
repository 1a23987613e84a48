"""A real server of ssh, for one key, on a port of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 30.0


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[tuple[int, str]]:
    """Serves this host to whoever has a key that is made for it; its port, and the command that reaches it.

    Args:
        folder: an empty one for its keys.
    """
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("sshd is not installed, and CI skips nothing")
        pytest.skip("sshd is not installed")
    for name in ("host", "own"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port = _free_port()
    host_key = (folder / "host.pub").read_text().split()[:2]
    (folder / "known").write_text(f"[127.0.0.1]:{port} {' '.join(host_key)}\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd asks for it, and a host without services has none
    settings = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "own.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", "/dev/null", *options], stderr=log)
    try:
        _await(port, server, folder / "log")
        yield port, f"ssh -F none -i {folder}/own -o UserKnownHostsFile={folder}/known -o BatchMode=yes"
    finally:
        server.terminate()
        server.wait(_SECONDS)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.02)
    pytest.fail(f"sshd does not answer: {log.read_text()}")
