"""A simulated worker: ``python -m coordinator.simulation --behaviour FILE``, and the options of `blueprover worker`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from coordinator.simulation.behaviour import Behaviour
from coordinator.simulation.workshop import SimulatedWorkshop
from coordinator.work.lines import print_lines
from coordinator.work.worker import Worker


def main() -> None:
    """Serves a queue until the process is told to stop. Options about Lean are taken and mean nothing here."""
    parser = argparse.ArgumentParser(prog="python -m coordinator.simulation", description=__doc__, allow_abbrev=False)
    parser.add_argument("--behaviour", type=Path, required=True)
    parser.add_argument("--queue", required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--heartbeat-seconds", type=float, default=4.0)
    options, _ = parser.parse_known_args()
    print_lines()
    broker = os.environ["BLUEPROVER_BROKER"]
    workshop = SimulatedWorkshop(Behaviour.read(options.behaviour), options.folder, broker)
    Worker(broker, options.queue, options.slots, workshop, options.heartbeat_seconds).serve()


if __name__ == "__main__":
    main()
