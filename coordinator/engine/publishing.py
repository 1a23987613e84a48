"""Pull requests outside the hub: on branches elsewhere, on a forge, and back after people changed them there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.campaign.wishes import Publish, Revise
from coordinator.engine.wishing import ask
from coordinator.errors import CoordinatorError, GitError, InputError, SettingsError
from coordinator.forge import Access, Proposal, open_once
from coordinator.git import Exchange
from coordinator.store.opening import has_store, open_to_read
from coordinator.views.description import description_of, title_of
from coordinator.views.pull_requests import read_dossier

if TYPE_CHECKING:
    from coordinator.campaign.campaign import Campaign
    from coordinator.campaign.wishes import Answer
    from coordinator.forge import Page
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


def forge_of(campaign: Campaign) -> Access:
    """The campaign's forge, and the right to use it.

    Raises:
        SettingsError: the settings name no forge.
        InputError: the environment holds no token.
    """
    forge = campaign.settings.forge
    if forge.repository is None:
        raise SettingsError(f"The campaign has no forge: say `forge.repository` in {campaign.folder / SETTINGS_FILE}.")
    token = os.environ.get(forge.token_env, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise InputError(f"The environment variable {forge.token_env} holds no token of {forge.repository}'s forge.")
    return Access(forge.kind, forge.url, forge.repository, token, forge.token_env)


def open_on_forge(campaign: Campaign, dossier: Dossier, access: Access) -> Page:
    """Pushes a pull request's branch to the forge and opens a page for it there, or finds the one there is.

    Raises:
        InputError, GitError: see `send`.
        ForgeAway, ForgeRefused: the forge does not answer, or does not allow that.
        CampaignBusy: the page is there, and the coordinator has not taken note of it yet.
    """
    forge = campaign.settings.forge
    branch = send(campaign, dossier, Exchange(campaign.hub_path, forge.git_address, access.token)).branch
    page = open_once(access, Proposal(branch, forge.base, title_of(dossier), description_of(dossier)))
    _require_granted(ask(campaign, Publish(dossier.line.number, branch, dossier.line.head, page.url, page.number)))
    return page


def bring_back(campaign: Campaign, dossier: Dossier, source: Exchange, branch: str) -> str:
    """Takes what people have made of a pull request's branch into the pull request; says in a sentence what came of it.

    Raises:
        InputError: there is no such branch, or it holds nothing that ``main`` does not have.
        CoordinatorError: that cannot be proposed now; the message says why.
        GitError: the other repository is away or refuses.
        CampaignBusy: the coordinator has not answered yet; it will when it is less busy.
    """
    head, number = source.tip(branch), dossier.line.number
    if head is None:
        raise InputError(f"{source.remote} has no branch {branch}; name another with --branch, or export it first.")
    if head == dossier.line.head:
        return f"Pull request {number} has no new commits on the branch {branch}."
    source.fetch(branch)
    main = campaign.main()
    base = campaign.hub.parting(main, head)
    if base is None or base == head:
        has = "shares no commit with" if base is None else "holds nothing that is not on"
        raise InputError(f"The branch {branch} of {source.remote} {has} main, so there is nothing to propose.")
    return _require_granted(ask(campaign, Revise(number, head, base, branch)))


def source_of(campaign: Campaign, dossier: Dossier, named: str | None) -> Exchange:
    """Where a pull request's branch comes back from: what is named, its forge, or else the hub.

    Raises:
        SettingsError, InputError: it is on a forge, which cannot be used; see `forge_of`.
        GitError: what is named is no address.
    """
    if named is not None:
        return Exchange(campaign.hub_path, named)
    if dossier.published is None:
        return hub_as_remote(campaign)
    return Exchange(campaign.hub_path, campaign.settings.forge.git_address, forge_of(campaign).token)


def _require_granted(answer: Answer) -> str:
    if answer.exit_code:
        raise (InputError if answer.exit_code == InputError.exit_code else CoordinatorError)(answer.words)
    return answer.words
