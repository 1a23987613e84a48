"""Commands about a campaign's store: its version, its backups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Here = Annotated[Path, typer.Argument(help="The campaign's folder.")]


def migrate(folder: Here = Path()) -> None:
    """Bring the store that an older Blueprover made up to date, as running the campaign does."""
    from coordinator.campaign.campaign import Campaign
    from coordinator.errors import InputError
    from coordinator.store.opening import has_store, open_to_write
    from coordinator.store.schema import REVISION

    campaign = Campaign.open(folder)
    if not has_store(campaign):
        raise InputError(f"There is no store in {folder} yet: `blueprover run` makes it.")
    with campaign.lock():
        store = open_to_write(campaign)
        store.close()
    typer.echo(f"The store {store.name} is of version {REVISION}, this program's.")
