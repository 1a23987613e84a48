"""Commands that say what a campaign has cost, and what failed in it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.views.accounts import Share
    from coordinator.views.failing import Failing
    from coordinator.views.limits import Standing

Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_SUMMARY_SHOWN = 300
"""Characters of a summary that people are shown; programs read all of it."""


def failures(
    folder: Folder,
    cause: Annotated[str | None, typer.Option(help="Only those that failed for this cause the last time.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what was given up or keeps failing, by cause, with the last summary and the command that tries it again."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import has_store, open_to_read
    from coordinator.views.failing import AUDIT, failing_items

    campaign = Campaign.open(folder)
    found: list[Failing] = []
    if has_store(campaign):
        store = open_to_read(campaign)
        try:
            with store.begin() as transaction:
                found = failing_items(transaction, cause or "")
        finally:
            store.close()
    groups = {name: list(group) for name, group in groupby(found, lambda each: each.cause)}
    if as_json:
        shown = {name: [asdict(each) for each in group] for name, group in groups.items()}
        typer.echo(json.dumps({"causes": shown}, ensure_ascii=False, indent=2))
        return
    if not groups:
        typer.echo("Nothing was given up, and nothing keeps failing.")
    for name, group in groups.items():
        if name == AUDIT:
            _print_culprits(folder, group)
        else:
            _print_group(folder, name, group)


def _print_group(folder: Path, cause: str, group: list[Failing]) -> None:
    given_up = sum(each.given_up for each in group)
    typer.secho(f"{cause or 'no attempt'}: {given_up} given up, {len(group) - given_up} to be tried again", bold=True)
    for each in group:
        what = "given up" if each.given_up else "failing"
        times = "one attempt" if each.attempts == 1 else f"{each.attempts} attempts"
        typer.echo(printable(f"  {each.label} ({each.stage}, {what} after {times})"))
        if each.summary:
            typer.echo(f"    {_in_short(each.summary)}")
    chosen = f"--cause {cause}" if cause else "--failed"
    typer.echo(f"  Try them again: blueprover retry {folder} {chosen}\n")


def _print_culprits(folder: Path, group: list[Failing]) -> None:
    typer.secho("audit: broke main, and nothing lands until it is mended", bold=True)
    for each in group:
        typer.echo(printable(f"  {each.label} ({each.stage}, landed)"))
        typer.echo(f"    {_in_short(each.summary)}")
    typer.echo(f"  Take it back with a push to main, then run again: blueprover run {folder}\n")


def _in_short(summary: str) -> str:
    line = " ".join(printable(summary).split())
    return line if len(line) <= _SUMMARY_SHOWN else f"{line[: _SUMMARY_SHOWN - 1]}…"


def cost(
    folder: Folder,
    by: Annotated[
        Literal["node", "chapter", "model", "hour", "kind"], typer.Option(help="What to divide it by.")
    ] = "kind",
    as_json: AsJson = False,
) -> None:
    """Say what a campaign has cost so far, in dollars and tokens, and what of its limits is spent."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import has_store, open_to_read
    from coordinator.views.accounts import divide_cost
    from coordinator.views.limits import has_chapter_limits, read_standings

    campaign = Campaign.open(folder)
    shares: list[Share] = []
    limits: list[Standing] = []
    if has_store(campaign):
        chapters_asked = by == "chapter" or has_chapter_limits(campaign.settings)
        book = campaign.read_book().blueprint if chapters_asked else None
        store = open_to_read(campaign)
        try:
            with store.begin() as transaction:
                shares = divide_cost(transaction, by, book)
                limits = read_standings(transaction, campaign.settings, book, time.time())
        finally:
            store.close()
    if as_json:
        total = round(sum(each.cost_usd for each in shares), 6)
        told = {"by": by, "cost_usd": total, "shares": [asdict(each) for each in shares]}
        typer.echo(json.dumps({**told, "limits": [asdict(each) for each in limits]}, ensure_ascii=False))
        return
    _print_table(by, shares)
    for standing in limits:
        typer.echo(_line_of(standing))


def _line_of(standing: Standing) -> str:
    """Such as ``chapter Logic: $1.20 of $5.00 spent, $0.50 promised``."""
    subject = printable(f"{standing.scope} {standing.of}").strip()
    of_usd = "" if standing.limit_usd is None else f" of ${standing.limit_usd:,.2f}"
    line = f"{subject}: ${standing.spent_usd:,.2f}{of_usd} spent, ${standing.promised_usd:,.2f} promised"
    if standing.limit_tokens is None:
        return line
    spent, promised, limit = standing.spent_tokens, standing.promised_tokens, standing.limit_tokens
    return f"{line}; {spent:,} of {limit:,} tokens used, {promised:,} promised"


def _print_table(by: str, shares: Sequence[Share]) -> None:
    """Writes a line a share and their sum. No name is cut, however many there are and whatever the terminal."""
    from rich.cells import cell_len

    nameless = "(builders)" if by == "model" else "(of the campaign)"
    figures = [(each.jobs, each.cost_usd, each.input_tokens, each.output_tokens) for each in shares]
    sums = tuple(map(sum, zip(*figures, strict=True))) or (0, 0.0, 0, 0)
    rows = [
        (by, "jobs", "dollars", "tokens in", "tokens out"),
        *(_row(printable(each.name) or nameless, *those) for each, those in zip(shares, figures, strict=True)),
        _row("all", *sums),
    ]
    width, *widths = (max(map(cell_len, column)) for column in zip(*rows, strict=True))
    lines = ["  ".join([name + " " * (width - cell_len(name)), *map(str.rjust, told, widths)]) for name, *told in rows]
    typer.secho(lines[0], bold=True)
    typer.echo("".join(f"{line}\n" for line in lines[1:-1]), nl=False)
    typer.secho(lines[-1], bold=True)


def _row(name: str, jobs: int, dollars: float, read: int, written: int) -> tuple[str, str, str, str, str]:
    return name, f"{jobs:,}", f"{dollars:,.4f}", f"{read:,}", f"{written:,}"
