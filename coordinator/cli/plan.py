"""The command that estimates what the rest of a campaign takes, and afterwards says how far off that was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from coordinator.campaign.campaign import Campaign
    from coordinator.schedule.plan import Interval
    from coordinator.store.store import Store
    from coordinator.views.planning import Plan

_NAMES = {"dollars": "cost", "seconds": "time", "attempts": "attempts", "unlanded": "items not landed"}


Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]


def plan(
    folder: Folder,
    agents: Annotated[
        int | None, typer.Option("--agents", min=1, help="Agents at once, instead of what the settings say.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Hold the last plan against what happened since, and make none.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate what the rest of a campaign will cost and how long it will take, and keep the estimate."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import has_store, open_to_read
    from coordinator.views.planning import keep_plan, make_plan

    campaign = Campaign.open(folder)
    store = open_to_read(campaign) if has_store(campaign) else None
    try:
        if compare:
            _print_comparison(campaign, store, as_json=as_json)
            return
        made = make_plan(campaign, campaign.read_book(), store, agents)
    finally:
        if store is not None:
            store.close()
    file = keep_plan(made, campaign.folder)
    if as_json:
        typer.echo(json.dumps(asdict(made), ensure_ascii=False, indent=2))
        return
    _print_plan(made)
    typer.echo(f"Kept in {file}; `blueprover plan {folder} --compare` will tell how far off it was.")


def _print_plan(made: Plan) -> None:
    from coordinator.views.planning import written

    left, estimate = made.left, made.estimate
    typer.echo(f"Left: {left['statement']} statement(s) and {left['proof']} proof(s).")
    table = Table("", "probably", "from", "to", box=None)
    for name, interval in (
        ("dollars", estimate.cost_usd),
        ("seconds", estimate.seconds),
        ("attempts", estimate.attempts),
        ("unlanded", estimate.unlanded),
    ):
        table.add_row(_NAMES[name], *(written(name, each) for each in (interval.middle, interval.low, interval.high)))
    Console().print(table)
    typer.echo(f"Four of five of the {estimate.plays} campaigns played through lie between. Assumed:")
    for sentence in made.assumptions:
        typer.echo(f"- {sentence}")


def _print_comparison(campaign: Campaign, store: Store | None, *, as_json: bool) -> None:
    from coordinator.errors import InputError
    from coordinator.views.planning import compared, outcome_since, read_plan, written

    kept, folder = read_plan(campaign.folder), campaign.folder
    if kept is None:
        raise InputError(f"There is no plan of {folder} yet; `blueprover plan {folder}` makes one.")
    if store is None:
        raise InputError(f"Nothing has happened since the plan was made; `blueprover run {folder}` begins.")
    rows = compared(kept, outcome_since(kept, store))
    if as_json:
        typer.echo(json.dumps({name: _compared_row(planned, found) for name, planned, found in rows}, indent=2))
        return
    table = Table("", "planned", "happened", "", box=None)
    for name, planned, found in rows:
        span = f"{written(name, planned.middle)} ({written(name, planned.low)} to {written(name, planned.high)})"
        table.add_row(_NAMES[name], span, written(name, found), "as planned" if planned.holds(found) else "off")
    Console().print(table)


def _compared_row(planned: Interval, found: float) -> dict[str, Any]:
    return {"planned": asdict(planned), "happened": found, "within": planned.holds(found)}
