"""Pull requests outside the hub: written to a branch elsewhere, and brought back after people changed them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError, InputError
from coordinator.git import Exchange
from coordinator.store.opening import has_store, open_to_read
from coordinator.views.pull_requests import read_dossier

if TYPE_CHECKING:
    from coordinator.campaign.campaign import Campaign
    from coordinator.views.pull_requests import Dossier


@dataclass(frozen=True, slots=True)
class Sent:
    """A branch that is now where it was to be sent.

    Attributes:
        branch: its name there.
        is_new: whether something had to be sent.
    """

    branch: str
    is_new: bool


def open_dossier(campaign: Campaign, number: int) -> Dossier:
    """All that a campaign's store knows of a pull request.

    Raises:
        InputError: there is none of that number, or the campaign was never run.
        StoreError: the store cannot be read.
    """
    if not has_store(campaign):
        raise InputError(f"There is no store in {campaign.folder} yet: `blueprover run {campaign.folder}` makes it.")
    store = open_to_read(campaign)
    try:
        with store.begin() as transaction:
            return read_dossier(transaction, number)
    finally:
        store.close()


def send(campaign: Campaign, dossier: Dossier, exchange: Exchange) -> Sent:
    """Writes a pull request's head to its branch in another repository, unless somebody has gone on from there.

    Raises:
        InputError: the branch holds commits that the pull request does not have.
        GitError: the hub no longer holds the commit, or the other repository is away or refuses.
    """
    head, branch, number = dossier.line.head, dossier.branch, dossier.line.number
    if not campaign.hub.has(head):
        raise GitError(f"{campaign.hub_path} no longer holds {head[:10]}, the head of pull request {number}.")
    there = exchange.tip(branch)
    if there == head:
        return Sent(branch, is_new=False)
    if there is not None and not (campaign.hub.has(there) and campaign.hub.is_ancestor(there, head)):
        raise InputError(
            f"The branch {branch} of {exchange.remote} holds commits that pull request {number} does not have; bring "
            f"them here first (`blueprover pr fetch`), or delete that branch."
        )
    exchange.send(head, branch, there)
    return Sent(branch, is_new=True)


def hub_as_remote(campaign: Campaign) -> Exchange:
    """The hub itself, as another repository for a pull request's branch."""
    return Exchange(campaign.hub_path, str(campaign.hub_path))
