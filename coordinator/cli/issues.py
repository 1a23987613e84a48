"""Commands about a campaign's issues: what people and agents found to be wrong with its nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from blueprint.snapshot import IssueRecord

Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]

issue = typer.Typer(
    name="issue", help="File, list and close what is wrong with nodes.", no_args_is_help=True, add_completion=False
)


@issue.command()
def add(
    folder: Folder,
    node: Annotated[str, typer.Argument(help="A label of the node, or its name in Lean.")],
    text: Annotated[str, typer.Argument(help="What is wrong.")],
    kind: Annotated[
        Literal["missing-lemma", "wrong-statement", "ambiguous-text"], typer.Option(help="What kind of thing is wrong.")
    ],
) -> None:
    """Say what is wrong with a node. The next agents at it read it; nothing changes by itself."""
    from coordinator.campaign.wishes import FileIssue
    from coordinator.cli.steering import ask_campaign

    kinds = {
        "missing-lemma": "missing_lemma",
        "wrong-statement": "wrong_statement",
        "ambiguous-text": "ambiguous_text",
    }
    ask_campaign(folder, FileIssue(node, kinds[kind], text))  # type: ignore[arg-type]  # the same words


@issue.command("list")
def list_issues(
    folder: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the open issues, oldest first."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.store.opening import has_store, open_to_read
    from coordinator.views.recorded import open_issues
    from coordinator.views.status import issues_as_json

    campaign = Campaign.open(folder)
    found: tuple[IssueRecord, ...] = ()
    if has_store(campaign):
        store = open_to_read(campaign)
        try:
            with store.begin() as transaction:
                found = open_issues(transaction)
        finally:
            store.close()
    if as_json:
        typer.echo(json.dumps({"issues": issues_as_json(found)}, ensure_ascii=False, indent=2))
        return
    if not found:
        typer.echo("No issue is open.")
    for each in found:
        again = f", {each.times} times" if each.times > 1 else ""
        typer.echo(
            printable(f"{each.number}  {each.label}  {each.kind.replace('_', ' ')}  (by {each.filed_by}{again})")
        )
        for line in each.text.strip().splitlines():
            typer.echo(f"    {printable(line)}")


@issue.command()
def close(folder: Folder, number: Annotated[int, typer.Argument(min=1, help="The issue's number.")]) -> None:
    """Close an issue: it is none, or none any more."""
    from coordinator.campaign.wishes import CloseIssue
    from coordinator.cli.steering import ask_campaign

    ask_campaign(folder, CloseIssue(number))
