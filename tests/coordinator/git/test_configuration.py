"""A hub that an earlier version made is given the settings that one made today has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.campaign.campaign import Campaign
from coordinator.engine.reconcile import Coordinator
from coordinator.store.opening import open_to_write
from coordinator.work.services import Services
from tests.support.campaigns import small_campaign

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from coordinator.git import Repository

AS_FIRST_MADE = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[uploadpack]
\tallowAnySHA1InWant = true
"""


def settings_of(hub: Repository) -> list[str]:
    return sorted(hub._run("config", "--file", str(hub.path / "config"), "--list").splitlines())


def test_an_old_repository_gets_what_a_new_one_has_and_keeps_what_else_it_was_told(hub: Repository) -> None:
    today = settings_of(hub)
    theirs = "[receive]\n\thideRefs = refs/private\n\tdenyDeletes = true\n"
    (hub.path / "config").write_text(AS_FIRST_MADE + theirs)
    assert hub.bring_up_to_date()
    assert settings_of(hub) == sorted([*today, "receive.hiderefs=refs/private", "receive.denydeletes=true"])


def test_a_repository_that_is_up_to_date_costs_one_look_and_no_process(
    hub: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub._run("config", "transfer.unpackLimit", "7")
    before = (hub.path / "config").read_bytes()
    monkeypatch.setenv("PATH", "")
    assert not hub.bring_up_to_date()
    assert (hub.path / "config").read_bytes() == before, "what a person has changed since stays"


def test_a_coordinator_brings_the_hub_of_an_earlier_version_up_to_date(tmp_path: Path) -> None:
    campaign = Campaign.open(small_campaign(tmp_path / "c"))
    today = settings_of(campaign.hub)
    (campaign.hub_path / "config").write_text(AS_FIRST_MADE)
    store = open_to_write(campaign)
    services = Services(campaign.settings, campaign.folder)
    try:
        services.start()
        Coordinator(campaign, campaign.read_book(), store, services).close()
    finally:
        services.stop()
        store.close()
    assert settings_of(campaign.hub) == today
