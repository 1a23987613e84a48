"""Commands about a host: what it has, and a worker on it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from coordinator.cli.plain import printable
from coordinator.errors import CoordinatorError

_STYLES = {"ok": "green", "warning": "yellow", "error": "red"}
_LEVEL_WIDTH = max(map(len, _STYLES))
_MEGABYTE = 1 << 20


def doctor(
    project: Annotated[
        Path | None,
        typer.Argument(
            help="A campaign: tells whether it can be run here. Or a Lean project: tells which Lean compiles it."
        ),
    ] = None,
    lean: Annotated[
        Literal["auto", "embedded", "lake"], typer.Option(help="Which Lean that is; auto finds it.")
    ] = "auto",
) -> None:
    """Tell what this host has and what it lacks. Exits with 1 when something needed is missing."""
    from coordinator.views.doctor import examine

    findings = list(examine(project, lean))
    console = Console()
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        level = Text(finding.level.ljust(_LEVEL_WIDTH), _STYLES[finding.level])
        # Nothing is cut: what is longer than the terminal is what people need to copy, such as a path.
        console.print(
            level,
            finding.subject.ljust(width),
            "",
            printable(finding.message),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def worker(
    queue: Annotated[str, typer.Option(help="The queue to serve: agents or builds.")],
    slots: Annotated[int, typer.Option(min=1, help="Jobs at once.")],
    folder: Annotated[Path, typer.Option(help="Where this worker keeps its mirror and certificates.")],
    lean_jobs: Annotated[int, typer.Option(min=1, help="Lean processes at once.")] = 2,
    lean_memory_mb: Annotated[int, typer.Option(min=256, help="Megabytes of one Lean process.")] = 4096,
    lean_seconds: Annotated[float, typer.Option(min=1, help="Seconds of one Lean process.")] = 120.0,
    packages: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A project of lake here whose packages are compiled.")
    ] = None,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, or none in so many words.")] = "bubblewrap",
    certificates: Annotated[
        Literal["folder", "broker"], typer.Option(help="Keep compiled modules for this worker, or share them.")
    ] = "folder",
    certificates_key_env: Annotated[
        str, typer.Option(help="Environment variable with the key shared certificates are sealed with.")
    ] = "BLUEPROVER_CERTIFICATES_KEY",
    certificates_mb: Annotated[int, typer.Option(min=1, help="Megabytes they may take in the broker.")] = 1024,
    warm_servers: Annotated[int, typer.Option(min=0, help="Lean servers kept for drafts; 0 keeps none.")] = 16,
    warm_memory_mb: Annotated[int, typer.Option(min=1, help="Megabytes they may hold together.")] = 2048,
    heartbeat_seconds: Annotated[float, typer.Option(min=0.1, help="Seconds between heartbeats.")] = 4.0,
) -> None:
    """Serve a queue of campaigns on this host. The broker's URL is read from BLUEPROVER_BROKER."""
    from coordinator.work.carrier import QUEUES
    from coordinator.work.host import SANDBOXES, HostSettings
    from coordinator.work.lines import print_lines
    from coordinator.work.shared_certificates import Sharing
    from coordinator.work.worker import Worker
    from coordinator.work.workshop import Workshop

    broker = os.environ.get("BLUEPROVER_BROKER")
    if not broker:
        raise CoordinatorError("Set BLUEPROVER_BROKER to the broker's URL, such as redis://:password@host:6379/0.")
    if queue not in QUEUES:
        raise CoordinatorError(f"There is no queue {queue!r}: a worker serves {' or '.join(QUEUES)}.")
    if sandbox not in SANDBOXES:
        raise CoordinatorError(f"There is no sandbox {sandbox!r}: it is {' or '.join(SANDBOXES)}.")
    if certificates == "broker" and sandbox == "none":
        raise CoordinatorError("Without a sandbox agents' code could read the key: share certificates with one only.")
    print_lines()
    memory, compiled = lean_memory_mb * _MEGABYTE, packages.resolve() if packages else None
    sharing = Sharing(certificates_key_env, certificates_mb * _MEGABYTE) if certificates == "broker" else None
    warm = warm_servers, warm_memory_mb * _MEGABYTE
    host = HostSettings(folder.resolve(), lean_jobs, memory, lean_seconds, sandbox, compiled, sharing, *warm)
    with closing(Workshop(host, broker)) as workshop:
        Worker(broker, queue, slots, workshop, heartbeat_seconds, "none" if sandbox == "none" else "bubblewrap").serve()
