"""How long people wait who look at a campaign: ``python -m benchmarks.status FOLDER --json``.

`FOLDER` is any campaign, best a large one, such as ``blueprover simulate`` leaves behind. Each command is run as a
person runs it, in a process of its own, several times; the first time, which may read the book anew, does not count.

Figures:
    attempts: that the campaign has made.
    NAME_s: seconds of wall clock of ``blueprover NAME FOLDER``, the median; the aim for ``status`` of a campaign of
        30,000 attempts is half a second.
    NAME_cpu_s: seconds of CPU of the same.
    log_first_s: seconds until ``blueprover log FOLDER`` has printed a line, the median; the aim is half a second.
    calibration: see `benchmarks.engine`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.processes import REFERENCE_SECONDS, calibration_seconds
from coordinator.campaign.campaign import Campaign
from coordinator.store.opening import open_to_read
from coordinator.store.schema import jobs

COMMANDS = ("status", "cost", "failures", "log")
TIMES = 7


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.status", description="Measures looking at a campaign.")
    parser.add_argument("folder", type=Path, help="the campaign's folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = measure(options.folder)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k:>16}  {v}" for k, v in figures.items()))


def measure(folder: Path) -> dict[str, Any]:
    """The figures of one campaign.

    Raises:
        NotACampaign: there is none.
        subprocess.CalledProcessError: one of the commands fails.
    """
    figures: dict[str, Any] = {"attempts": _attempts(Campaign.open(folder))}
    calibrations = [calibration_seconds()]
    for command in COMMANDS:
        taken = [_run(command, folder) for _ in range(TIMES + 1)][1:]
        figures[f"{command}_s"] = round(statistics.median(wall for wall, _ in taken), 3)
        figures[f"{command}_cpu_s"] = round(statistics.median(cpu for _, cpu in taken), 3)
    figures["log_first_s"] = round(statistics.median(_first_line("log", folder) for _ in range(TIMES)), 3)
    calibrations.append(calibration_seconds())
    return {**figures, "calibration": round(statistics.mean(calibrations) / REFERENCE_SECONDS, 3)}


def _attempts(campaign: Campaign) -> int:
    store = open_to_read(campaign)
    try:
        with store.begin() as transaction:
            query = select(func.count()).where(jobs.c.kind == "attempt")
            return int(transaction.execute(query).scalar_one())
    finally:
        store.close()


def _run(command: str, folder: Path) -> tuple[float, float]:
    """Seconds of wall clock and of CPU that one command takes."""
    before, begun = os.times(), time.monotonic()
    subprocess.run(_arguments(command, folder), check=True, stdout=subprocess.DEVNULL, env=_environment())
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - begun, used


def _first_line(command: str, folder: Path) -> float:
    """Seconds of wall clock until a command has printed its first line, after which nobody reads on."""
    begun = time.monotonic()
    with subprocess.Popen(_arguments(command, folder), stdout=subprocess.PIPE, env=_environment()) as running:
        assert running.stdout is not None
        running.stdout.readline()
        return time.monotonic() - begun


def _arguments(command: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "coordinator", command, str(folder)]


def _environment() -> dict[str, str]:
    """As it is installed: with what Python keeps compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    main()
