"""Commands about a campaign's store: its version, its backups, all that it holds, and its log."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coordinator.cli.interrupts import Interrupts
from coordinator.cli.plain import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.restoring import Restored

Here = Annotated[Path, typer.Argument(help="The campaign's folder.")]

_GLANCE = 0.5
"""Seconds between two looks at a log that is followed."""

_PATIENCE = 30.0
"""Seconds for which the store of a log that is followed may be out of reach."""

_LINES_AT_ONCE = 500
"""Lines of a log that are written at once: few enough for the first to be seen in an instant."""


def migrate(folder: Here = Path()) -> None:
    """Bring the store that an older Blueprover made up to date, as running the campaign does."""
    from coordinator.store.opening import open_to_write
    from coordinator.store.schema import REVISION

    campaign = _begun(folder)
    with campaign.lock():
        store = open_to_write(campaign)
        store.close()
    typer.echo(f"The store {store.name} is of version {REVISION}, this program's.")


def backup(
    folder: Here = Path(),
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; one in the folder's `backups` if left out.")
    ] = None,
) -> None:
    """Copy a campaign's store, as it is at one moment, while it runs or not."""
    from coordinator.store.backups import back_up, back_up_for_good
    from coordinator.store.opening import file_of

    file = file_of(_begun(folder), "make a backup of that database with pg_dump")
    if to is None:
        to = back_up_for_good(file, now=time.time())
    else:
        back_up(file, to)
    typer.echo(f"The backup: {to}")


def restore(
    folder: Here = Path(),
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="The backup; the newest good one if left out.")
    ] = None,
) -> None:
    """Put a backup in the place of a campaign's store, which is kept under another name."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.engine.restoring import restore_campaign
    from coordinator.store.opening import file_of

    campaign = Campaign.open(folder)
    file_of(campaign, "restore that database with pg_restore")
    with campaign.lock():
        restored = restore_campaign(campaign, source, time.time())
    aside = "" if restored.aside is None else f" What was there is now {restored.aside}."
    typer.echo(f"Restored {restored.backup}.{aside}")
    for line in _tell_money(restored):
        typer.echo(line)
    typer.echo(
        f"`blueprover run {folder}` goes on from there. What landed since that backup stays on main and is taken up; "
        "what was proposed and did not land is done again."
    )


def _tell_money(restored: Restored) -> Iterator[str]:
    """What is known of the money that was spent since a backup, and what is not."""
    booked = restored.booked
    if booked.jobs:
        yield f"Of {booked.jobs} jobs since then ${booked.usd:,.2f} that the backup does not know of is counted."
    if booked.reckoned:
        yield (
            f"Among them are {booked.reckoned} of which it is not known what they had spent: the "
            f"${booked.reckoned_usd:,.2f} that they may have spent at most counts. Raise `budget_usd` in campaign.yaml "
            "by what your provider's bill says that it was less."
        )
    if restored.unread:
        yield f"{restored.unread} lines of spending.jsonl cannot be read, and were left out."
    if restored.uncounted_usd:
        yield (
            f"Beside that, up to ${restored.uncounted_usd:,.2f} may have been spent since the backup and is not "
            "counted, for neither the store that was there nor spending.jsonl tells of all of it. Compare `blueprover "
            "cost` with your provider's bill, and lower `budget_usd` in campaign.yaml by what is missing."
        )


def export(
    what: Annotated[Literal["state"], typer.Argument(help="What to export: `state`, all that the store holds.")],
    folder: Here = Path(),
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="The file to write.")] = None,
) -> None:
    """Write all that a campaign's store holds as JSON, while it runs or not."""
    from coordinator.store.opening import open_to_read
    from coordinator.store.whole import whole_file
    from coordinator.views.export import state_as_json

    campaign = _begun(folder)
    store = open_to_read(campaign)
    try:
        with store.begin() as transaction:
            pieces = state_as_json(transaction, campaign.settings.name)
            if to is None:
                sys.stdout.writelines(pieces)
                return
            with whole_file(to, f"The {what} cannot be written to {to}") as part, part.open("w") as out:
                out.writelines(pieces)
    finally:
        store.close()


def log(
    folder: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    node: Annotated[str | None, typer.Argument(help="A label of the node, or its name in Lean.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Tell what has happened in a campaign, or at one of its nodes, one line an event."""
    from coordinator.store.opening import open_to_read
    from coordinator.views.history import History

    campaign = _begun(folder)
    label = None if node is None else _label_of(campaign, node)
    with Interrupts() as interrupts:
        store = open_to_read(campaign)
        history = History(store, label)

        def tell() -> None:
            lines = (each.as_json() if as_json else printable(each.as_line()) for each in history.read_on())
            _print(lines, interrupts)

        try:
            tell()
            while follow:
                store.close()  # whatever is in its place at the next look is what is read then
                interrupts.rest(_GLANCE)
                _try_for_a_while(tell, interrupts)
        finally:
            store.close()


def _try_for_a_while(tell: Callable[[], None], interrupts: Interrupts) -> None:
    """Tells what is new, though the store may be away for a moment, as while a backup is put in its place.

    Raises:
        StoreError: the store cannot be read, and not for a moment only.
    """
    from coordinator.errors import StoreError

    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return tell()
        except StoreError:
            if time.monotonic() > until:
                raise
        interrupts.rest(_GLANCE)


def _print(lines: Iterable[str], interrupts: Interrupts) -> None:
    """Writes lines as they come, many at once."""
    waiting: list[str] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == _LINES_AT_ONCE:
                _write(waiting)
                interrupts.check()
    finally:
        _write(waiting)


def _write(waiting: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in waiting))
    sys.stdout.flush()
    waiting.clear()


def _begun(folder: Path) -> Campaign:
    """The campaign in a folder, which has a store.

    Raises:
        InputError: it was never run.
    """
    from coordinator.campaign.campaign import Campaign
    from coordinator.errors import InputError
    from coordinator.store.opening import has_store

    campaign = Campaign.open(folder)
    if not has_store(campaign):
        raise InputError(f"There is no store in {folder} yet: `blueprover run {folder}` makes it.")
    return campaign


def _label_of(campaign: Campaign, name: str) -> str:
    from coordinator.store.steering import find_node

    return find_node(name, campaign.read_book())
