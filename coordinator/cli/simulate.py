"""The command that simulates a campaign."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    nodes: Annotated[int, typer.Option(min=1, help="Nodes of the made-up book.")] = 100,
    attempts: Annotated[
        int | None, typer.Option(min=1, help="Attempts that the book takes on average; twice its nodes when left out.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=4096, help="Agents at once.")] = 64,
    seed: Annotated[int, typer.Option(help="What the book and all draws come from.")] = 1,
    speed: Annotated[float, typer.Option(min=0, help="How many times faster than life; 0: nobody takes time.")] = 600.0,
    push: Annotated[
        bool, typer.Option("--push", help="Push branches to the hub; else they are written into it.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where the campaign is made and kept; else it is deleted.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a campaign whose agents draw lots: the engine is real, and no model, no Lean and no money is needed."""
    from coordinator.simulation.plan import Plan, found_simulation
    from coordinator.simulation.running import open_run

    plan = Plan(nodes, attempts or 2 * nodes, concurrency, seed, speed, push=push)
    with tempfile.TemporaryDirectory(prefix="blueprover-simulation-") as scratch:
        campaign = found_simulation(folder or Path(scratch) / "campaign", plan)
        begun = time.monotonic()
        with open_run(campaign) as run:
            finish = run.go_on(run.after(plan.attempts) if run.ends_early else lambda: False)
            tally = run.tally()
        seconds = time.monotonic() - begun
    figures = {
        "state": finish.state if finish else "stopped",
        "reason": finish.reason if finish else f"{tally.settled} attempts are over.",
        "nodes": nodes,
        "attempts": tally.attempts,
        "jobs": tally.jobs,
        "landings": tally.landings,
        "cost_usd": round(tally.cost_usd, 2),
        "seconds": round(seconds, 2),
        "attempts_per_s": round(tally.attempts / seconds, 2),
    }
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(f"{k:>15}  {v}" for k, v in figures.items()))
    if finish is not None and finish.state != "done":
        raise typer.Exit(1)
