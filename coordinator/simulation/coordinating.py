"""A coordinator of a simulated campaign as a process of its own, which can be killed at any point.

``python -m coordinator.simulation.coordinating FOLDER`` goes on with the campaign until it is finished.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import structlog

from coordinator.campaign.campaign import Campaign
from coordinator.errors import CoordinatorError
from coordinator.simulation.running import open_run


def main() -> int:
    """Runs the campaign. The exit code: 0 when it is finished, done or not; else that of `blueprover run`."""
    parser = argparse.ArgumentParser(prog="python -m coordinator.simulation.coordinating", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clock", type=Path, help="file with seconds by which this process's clock is wrong")
    options = parser.parse_args()
    structlog.configure(
        processors=[structlog.processors.TimeStamper("iso"), structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        with open_run(Campaign.open(options.folder), lambda: time.time() + _error_of(options.clock)) as run:
            run.go_on()
    except CoordinatorError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _error_of(clock: Path | None) -> float:
    try:
        return float(clock.read_text()) if clock is not None else 0.0
    except (OSError, ValueError):
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
