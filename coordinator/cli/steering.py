"""Commands that ask something of a campaign, whether it runs or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from coordinator.campaign.wishes import Answer, Wish

Folder = Annotated[Path, typer.Argument(help="The campaign's folder.")]
Node = Annotated[str, typer.Argument(help="A label of the node, or its name in Lean.")]


def pause(folder: Folder) -> None:
    """Send no new agents; those at work end, and what they propose is built and landed."""
    from coordinator.campaign.wishes import Pause

    ask_campaign(folder, Pause())


def resume(folder: Folder) -> None:
    """Send agents again after a pause."""
    from coordinator.campaign.wishes import Resume

    ask_campaign(folder, Resume())


def stop(folder: Folder) -> None:
    """Stop a campaign that runs in another terminal, as Ctrl-C does there, and wait until it has stopped."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.wishing import stop as stop_campaign

    _tell(stop_campaign(Campaign.open(folder)))


def retry(
    folder: Folder,
    node: Annotated[str | None, typer.Argument(help="A label of the node, or its name in Lean.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All nodes that were given up.")] = False,
    cause: Annotated[
        str | None, typer.Option(help="All that failed for this cause the last time; `blueprover failures` lists them.")
    ] = None,
    hint: Annotated[str | None, typer.Option(help="What the next agents read before all else.")] = None,
    model: Annotated[str | None, typer.Option(help="The model for their attempts, instead of the campaign's.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", help="Dollars one of their attempts may spend.")
    ] = None,
) -> None:
    """Try again what was given up, keeps failing or was left out, with all its attempts before it."""
    from coordinator.campaign.wishes import Retry

    ask_campaign(folder, Retry(node or "", failed, cause or "", hint or "", model or "", max_cost))


def skip(folder: Folder, node: Node) -> None:
    """Leave a node out until `retry` names it. What rests on it stays blocked."""
    from coordinator.campaign.wishes import Skip

    ask_campaign(folder, Skip(node))


def boost(
    folder: Folder,
    node: Node,
    by: Annotated[
        float, typer.Option(min=0.001, help="How many times as much; less than 1 puts it behind, 1 takes it back.")
    ] = 100.0,
) -> None:
    """Value a node, and what it rests on, more than by itself, so that it is begun earlier."""
    from coordinator.campaign.wishes import Boost

    ask_campaign(folder, Boost(node, by))


def ask_campaign(folder: Path, wish: Wish) -> None:
    """Asks something of the campaign in `folder` and prints the answer.

    Raises:
        CoordinatorError: it was refused; the message is the answer.
    """
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.wishing import ask

    _tell(ask(Campaign.open(folder), wish))


def _tell(answer: Answer) -> None:
    from coordinator.errors import CoordinatorError, InputError

    if answer.exit_code:
        raise (InputError if answer.exit_code == InputError.exit_code else CoordinatorError)(answer.words)
    typer.echo(printable(answer.words))
