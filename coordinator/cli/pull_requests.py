"""Commands about a campaign's pull requests: looked at, written to branches, opened on a forge, brought back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.campaign.campaign import Campaign
    from coordinator.git import OwnCommit
    from coordinator.views.pull_requests import Dossier, Opinion, Try

Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]
Number = Annotated[int, typer.Argument(min=1, help="The pull request's number.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
State = Literal["open", "checking", "resolving", "reviewing", "approved", "landed", "bounced", "withdrawn", "all"]

_LONGEST_DIFF = 200_000
"""Characters of a diff."""

pr = typer.Typer(
    name="pr",
    help="Look at pull requests, write them to branches, open them on a forge, and bring them back.",
    no_args_is_help=True,
    add_completion=False,
)


@pr.command("list")
def list_them(
    folder: Folder,
    state: Annotated[State, typer.Option(help="Only those in this state; `open`: not over yet.")] = "open",
    node: Annotated[str | None, typer.Option(help="Only those about this node.")] = None,
    as_json: AsJson = False,
) -> None:
    """List pull requests, oldest first."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import open_to_read
    from coordinator.store.steering import find_node
    from coordinator.views.pull_requests import list_requests

    campaign = Campaign.open(folder)
    label = None if node is None else find_node(node, campaign.read_book())
    store = open_to_read(campaign)
    try:
        with store.begin() as transaction:
            found = list_requests(transaction, state, label)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps({"pull_requests": [each.as_json() for each in found]}, indent=2))
        return
    if not found:
        more = "; `--state all` lists those that are over too" if state == "open" else ""
        typer.echo(f"There is no such pull request{more}.")
    for each in found:
        about = f"{each.label} ({each.stage})"
        typer.echo(printable(f"{each.number}  {each.state}  {about}  by {each.author}  at {each.head[:10]}"))


@pr.command()
def show(folder: Folder, number: Number, as_json: AsJson = False) -> None:
    """Tell all that is known of a pull request, with its commits and its diff."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.publishing import open_dossier

    campaign = Campaign.open(folder)
    dossier = open_dossier(campaign, number)
    commits, diff = _read_hub(campaign, dossier)
    if as_json:
        told = [{"commit": each.commit, "author": each.author, "title": each.title} for each in commits]
        typer.echo(json.dumps({**dossier.as_json(), "commits": told, "diff": diff}, indent=2))
        return
    for line in _lines(dossier, commits):
        typer.echo(printable(line))
    if diff:
        typer.echo(f"\n{printable(diff)}")


@pr.command()
def export(
    folder: Folder,
    number: Number,
    to: Annotated[
        str | None, typer.Option(metavar="REPOSITORY", help="Where to: a path or an address; the hub if left out.")
    ] = None,
    description: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the description goes; printed if left out.")
    ] = None,
) -> None:
    """Write a pull request as a branch, and describe it in Markdown."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.publishing import hub_as_remote, open_dossier, send
    from coordinator.git import Exchange
    from coordinator.store.whole import whole_file
    from coordinator.views.description import description_of

    campaign = Campaign.open(folder)
    dossier = open_dossier(campaign, number)
    exchange = hub_as_remote(campaign) if to is None else Exchange(campaign.hub_path, to)
    sent = send(campaign, dossier, exchange)
    text = description_of(dossier)
    typer.echo(printable(f"{'Written to' if sent.is_new else 'It is'} the branch {sent.branch} of {exchange.remote}."))
    if description is None:
        typer.echo(f"\n{text}", nl=False)
        return
    with whole_file(description, f"The description cannot be written to {description}") as part:
        part.write_text(text, encoding="utf-8")


@pr.command("open")
def open_there(folder: Folder, number: Number) -> None:
    """Open a pull request on the campaign's forge, or find the one that is open there."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.publishing import forge_of, open_dossier, open_on_forge

    campaign = Campaign.open(folder)
    access = forge_of(campaign)
    page = open_on_forge(campaign, open_dossier(campaign, number), access)
    typer.echo(f"{'Opened' if page.is_new else 'It is open already:'} {page.url}")


@pr.command()
def fetch(
    folder: Folder,
    number: Number,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="REPOSITORY", help="Where from; its forge, or else the hub, if left out."),
    ] = None,
    branch: Annotated[str | None, typer.Option(help="The branch there; the pull request's own if left out.")] = None,
) -> None:
    """Bring a pull request back after people changed it: it is certified and reviewed anew."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.publishing import bring_back, open_dossier, source_of

    campaign = Campaign.open(folder)
    dossier = open_dossier(campaign, number)
    exchange = source_of(campaign, dossier, source)
    typer.echo(printable(bring_back(campaign, dossier, exchange, branch or dossier.branch)))


def _read_hub(campaign: Campaign, dossier: Dossier) -> tuple[list[OwnCommit], str]:
    """A pull request's commits and its diff; nothing where the hub does not hold them any more."""
    base, head = dossier.line.base, dossier.line.head
    if not (campaign.hub.has(base) and campaign.hub.has(head)):
        return [], ""
    return campaign.hub.own_commits(base, head), campaign.hub.diff(base, head, _LONGEST_DIFF)


def _lines(dossier: Dossier, commits: list[OwnCommit]) -> Iterator[str]:
    line = dossier.line
    yield f"Pull request {line.number}: the {line.stage} of {line.label}, by {line.author}; {line.state}."
    yield f"From {line.base[:10]} to {line.head[:10]}, opened {_when(line.opened_at)}, ${dossier.cost_usd:.4f} so far."
    if dossier.published is not None:
        yield f"On the forge: {dossier.published.url}"
    if dossier.landed_as:
        yield f"Landed as {dossier.landed_as[:10]}, {_when(line.closed_at or 0.0)}, joined by {dossier.rung}."
    yield from _text("Its author says", dossier.summary)
    yield from _text("In conflict" if line.state == "resolving" else "Sent back", dossier.reason)
    yield from _listed("Commits", (f"{each.commit[:10]}  {each.author}: {each.title}" for each in commits))
    yield from _listed("Attempts at its item", map(_attempt, dossier.attempts))
    for said in dossier.resolutions:
        yield from _text("A try to join it with main", said)
    yield from _listed("Verdicts", (part for each in dossier.verdicts for part in _verdict(each)))
    if dossier.certified:
        yield f"Certified, joined with {dossier.certified[:10]}: meaning {dossier.lock or 'none'}"
        yield f"    axioms: {', '.join(dossier.axioms) or 'none'}"
        yield f"    rests on what was open: {', '.join(dossier.assumes) or 'nothing'}"
        yield f"    modules: {', '.join(sorted(dossier.modules)) or 'none'}"
    yield from _listed("Events", (f"{_when(at)}  {kind.replace('_', ' ')}" for at, kind, _ in dossier.events))


def _attempt(each: Try) -> str:
    mark = " (this one)" if each.proposed else ""
    return f"{each.author}: {each.ending.replace('_', ' ') or 'running'}, ${each.cost_usd:.4f}{mark}"


def _verdict(each: Opinion) -> Iterator[str]:
    of = "" if each.counts else f" of {each.commit[:10]}, which does not count any more"
    yield f"seat {each.seat}, {each.reviewer}: {each.decision.replace('_', ' ')}{of}"
    yield from (f"    {line}" for line in each.reasons.strip().splitlines())


def _text(heading: str, text: str) -> Iterator[str]:
    if text.strip():
        yield f"{heading}:"
        yield from (f"    {line}" for line in text.strip().splitlines())


def _listed(heading: str, lines: Iterator[str] | map[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield f"{heading}:"
        yield from (f"    {line}" for line in told)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
