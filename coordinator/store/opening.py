"""Opening the store of a campaign, wherever its settings say that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.errors import InputError
from coordinator.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.campaign.campaign import Campaign


def open_to_write(campaign: Campaign) -> Store:
    """The store for the one process that runs the campaign: made where there is none, brought up to date.

    Raises:
        StoreError, CampaignBusy, SettingsError: see `Store`.
    """
    return Store(place_of(campaign), writable=True)


def open_to_read(campaign: Campaign) -> Store:
    """The store for anybody who looks: nothing is changed, and a campaign that has not begun has an empty one.

    Raises:
        StoreError, SettingsError: see `Store`.
    """
    return Store(place_of(campaign), writable=False) if has_store(campaign) else Store(None, writable=True)


def has_store(campaign: Campaign) -> bool:
    """Whether the campaign's store was made, as far as can be told without opening it."""
    place = place_of(campaign)
    return isinstance(place, str) or place.exists()


def place_of(campaign: Campaign) -> Path | str:
    """The store's SQLite file, or the URL of its database."""
    return campaign.settings.store.url or campaign.store_path


def file_of(campaign: Campaign, instead: str) -> Path:
    """The store's SQLite file.

    Args:
        campaign: whose.
        instead: what to do where the store is no file, for people.

    Raises:
        InputError: the store is in a database server.
    """
    if campaign.settings.store.url:
        raise InputError(f"The campaign's store is in the database server that `store.url` names: {instead}.")
    return campaign.store_path
