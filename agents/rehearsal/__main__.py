"""Start the rehearsal: `python -m agents.rehearsal --script FILE [--port N] [--ready-file PATH]`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from agents.errors import RehearsalError
from agents.rehearsal.faults import Fault, Faults
from agents.rehearsal.mistakes import Rehearsal, read_rehearsal
from agents.rehearsal.rendezvous import Rendezvous
from agents.rehearsal.script import DemoScript
from agents.rehearsal.server import RehearsalServer

_LOOK_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal, or until the parent is gone; the exit code."""
    options = _parse(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    try:
        with _start(read_rehearsal(options.script), options.port) as server:
            _announce(server.url, options.ready_file)
            while not stop.wait(_LOOK_SECONDS):
                if options.with_parent and os.getppid() != parent:
                    break
    except (RehearsalError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m agents.rehearsal", description=__doc__)
    parser.add_argument("--script", type=Path, required=True, help="the rehearsal's YAML file")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) chooses a free one")
    parser.add_argument("--ready-file", type=Path, help="file to write the URL to, once it can be used")
    parser.add_argument("--with-parent", action="store_true", help="end when the starting process is gone")
    return parser.parse_args(arguments)


def _start(rehearsal: Rehearsal, port: int) -> RehearsalServer:
    plan: dict[int, Fault] = {}
    if rehearsal.rate_limit_after is not None:
        plan[rehearsal.rate_limit_after + 1] = Fault.RATE_LIMIT
    if rehearsal.drop_after is not None:
        plan[rehearsal.drop_after + 1] = Fault.DROP
    shared = rehearsal.shared_file
    meeting = Rendezvous() if shared is None else Rendezvous(frozenset(shared.lemmas), shared.wait_seconds)
    return RehearsalServer(
        DemoScript(rehearsal),
        faults=Faults(plan),
        rendezvous=meeting,
        think_seconds=rehearsal.think_seconds,
        port=port,
    )


def _announce(url: str, ready_file: Path | None) -> None:
    """Write the URL, whole or not at all, to the file and to stdout."""
    if ready_file is not None:
        beside = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        beside.write_text(f"{url}\n", encoding="utf-8")
        beside.replace(ready_file)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
