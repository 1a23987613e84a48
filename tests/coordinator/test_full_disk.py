from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from rich.console import Console

from blueprint import Blueprint
from blueprint.snapshot import Snapshot
from coordinator.full_disk import if_there_is_room, is_full
from coordinator.observation.logs import log_to
from coordinator.views.live import LiveView
from coordinator.views.under_way import UnderWay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

FULL = Path("/dev/full")
"""A disk of Linux on which there is never room."""


@pytest.fixture
def full() -> Iterator[TextIO]:
    file = FULL.open("w", buffering=1)
    yield file
    with if_there_is_room():
        file.close()


def test_only_what_there_is_no_room_for_is_lost(full: TextIO) -> None:
    with if_there_is_room():
        full.write("a line\n")
    with pytest.raises(BrokenPipeError), if_there_is_room():
        raise BrokenPipeError(errno.EPIPE, "nobody reads")
    assert not is_full(ValueError())


def test_a_log_on_a_full_disk_stops_nobody_and_does_not_fill_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with log_to(FULL, "c"):
        structlog.get_logger().info("something_happened")
    assert capsys.readouterr().err == ""
    with log_to(FULL, "c"), if_there_is_room(), FULL.open("w", buffering=1) as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        structlog.get_logger().warning("something_bad_happened")


def test_a_worker_goes_on_whose_lines_there_is_no_room_for() -> None:
    """In a process of its own, as a worker is: its libraries' lines are arranged for the whole process."""
    telling = (
        "import logging, structlog, sys; from coordinator.work.lines import print_lines; print_lines(); "
        "structlog.get_logger().warning('order_refused'); logging.getLogger('kombu').warning('away'); "
        "sys.stderr.write('went on')"
    )
    with FULL.open("w") as disk:
        told = subprocess.run(
            [sys.executable, "-c", telling], stdout=disk, stderr=subprocess.PIPE, text=True, check=False
        )
    assert told.stderr.startswith("went on")


def test_a_campaign_goes_on_whose_lines_there_is_no_room_for(full: TextIO) -> None:
    with LiveView(Console(file=full)) as view:
        view.show(Snapshot("c", "running", Blueprint(title="", chapters=(), nodes=(), problems=()), {}), UnderWay())
        assert not view.due
