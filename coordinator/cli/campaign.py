"""Commands about a campaign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

INTERRUPTED = 130

_ISSUES_SHOWN = 5

Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo's campaign is made.")] = Path("demo"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew even if an interrupted demo is there.")] = False,
) -> None:
    """Formalize a small book before your eyes, with a scripted model.

    Lean, git, the broker and the store are real; only the model is a script, so no key and no money is needed.
    """
    from coordinator.campaign.settings import load_settings
    from coordinator.engine.demo import prepare_demo

    console = Console()
    console.print(
        "The model of this demo is a [bold]script[/bold] on this machine, a stand-in for a paid one; everything else "
        "is real.",
        soft_wrap=True,
    )
    if not prepare_demo(folder, fresh=fresh):
        console.print(f"Going on with the demo in {folder} (start anew with --fresh).", highlight=False, markup=False)
    if load_settings(folder).workers.sandbox == "none":
        console.print(
            "bubblewrap does not run on this host, so the demo's Lean runs [bold]without a sandbox[/bold]. The demo's "
            "agents are a script; with a real model a campaign refuses that unless its settings say so.",
            soft_wrap=True,
        )
    _run(folder, console)


def init(
    folder: Annotated[Path, typer.Argument(help="Where the campaign is made; created when missing.")],
    blueprint: Annotated[
        Path | None,
        typer.Option(help="The blueprint's root file or a folder that holds it. Found in FOLDER when left out."),
    ] = None,
) -> None:
    """Make a campaign beside an existing blueprint."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.campaign.founding import find_project, found_from_project, require_no_campaign

    console = Console()
    require_no_campaign(folder)
    project = find_project(blueprint or folder)
    found_from_project(folder, project)
    campaign = Campaign.open(folder)
    book = campaign.read_book()
    made = f"{folder / 'campaign.yaml'}: {len(book.blueprint.nodes)} nodes of {project.title}."
    console.print(made, highlight=False, markup=False)
    errors = [problem for problem in book.blueprint.problems if problem.severity == "error"]
    if errors:
        console.print(f"{len(errors)} problem(s) of the blueprint are errors; `blueprover check` lists them.")
    console.print(f"Look at the settings, then: blueprover run {folder}", highlight=False, markup=False)


def run(folder: Folder) -> None:
    """Run a campaign, or go on with one that was stopped.

    Ctrl-C stops within seconds and leaves a campaign that can be run again. Exits with 0 when every ready node is
    proved, with 1 when nodes were given up or the budget is spent.
    """
    _run(folder, Console())


def _run(folder: Path, console: Console) -> None:
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.running import STOPPED, run_campaign, summary

    campaign = Campaign.open(folder)
    finish = run_campaign(campaign, console)
    console.print(summary(campaign, finish), highlight=False, markup=False, soft_wrap=True)
    console.print(f"The site: {campaign.site_path / 'index.html'}", highlight=False, markup=False, soft_wrap=True)
    if finish is STOPPED:
        raise typer.Exit(INTERRUPTED)
    if finish.state != "done":
        raise typer.Exit(1)


def status(
    folder: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell where a campaign stands, while it runs and after."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import open_to_read
    from coordinator.views.live import draw, plain
    from coordinator.views.snapshot import look_once
    from coordinator.views.status import status_of

    campaign = Campaign.open(folder)
    store = open_to_read(campaign)
    try:
        snapshot, under_way = look_once(campaign, store)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(status_of(snapshot), ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(draw(snapshot, under_way))
    for name, model in snapshot.models.items() if len(snapshot.models) > 1 else ():
        made = f"{model.attempts} attempts, {model.landed} landed, {model.reviews} reviews"
        console.print(plain(f"{name}: {made}, ${model.cost_usd:,.2f}"), highlight=False, markup=False)
    ending = f"{snapshot.state.replace('_', ' ')}: {snapshot.reason}".rstrip(": ")
    console.print(plain(ending), highlight=False, markup=False)
    if snapshot.paused:
        console.print("Paused: no agents are sent; `blueprover resume` sends them again.", highlight=False)
    if snapshot.skipped:
        left_out = f"Left out, with what rests on them: {', '.join(snapshot.skipped)}."
        console.print(plain(left_out), highlight=False, markup=False, soft_wrap=True)
    for issue in snapshot.issues[-_ISSUES_SHOWN:]:
        first_line = issue.text.strip().partition("\n")[0]
        line = f"Issue {issue.number} of {issue.label}: {issue.kind.replace('_', ' ')}: {first_line}"
        console.print(plain(line), highlight=False, markup=False, soft_wrap=True)
    for failure in snapshot.failures[-5:]:
        first_line = failure.reason.strip().partition("\n")[0]
        line = f"{failure.label} ({failure.stage}): {failure.cause}: {first_line}"
        console.print(plain(line), highlight=False, markup=False, soft_wrap=True)
