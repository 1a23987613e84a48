"""A whole campaign on a project that was there before it, while its upstream goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from sqlalchemy import select

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.founding import find_project, found_from_project
from coordinator.engine.demo import available_sandbox
from coordinator.errors import RefMoved
from coordinator.git import MAIN
from coordinator.store.schema import events, landings
from coordinator.store.store import Store
from tests.support.campaigns import start, status, wait_until
from tests.support.existing_project import BESIDE, BIG, NEW, write_answers, write_project
from tests.support.repositories import commit_files, join

if TYPE_CHECKING:
    from pathlib import Path


def found(scratch: Path) -> Campaign:
    """The campaign as `blueprover init` makes it, with a rehearsal for a model."""
    project, folder = write_project(scratch / "project"), scratch / "campaign"
    found_from_project(folder, find_project(project / "blueprint"))
    file = folder / "campaign.yaml"
    values = yaml.safe_load(file.read_text())
    values |= {
        "model": {"name": "rehearsal", "rehearsal": str(write_answers(scratch / "answers"))},
        "workers": {"sandbox": available_sandbox(), "agents": 4},
        "retry": {"backoff_seconds": 0.2},
        "reviews": {"statement": 1, "proof": 1},
    }
    file.write_text(yaml.safe_dump(values))
    return Campaign.open(folder)


def test_founding_leaves_the_files_of_nodes_to_agents_and_finds_their_homes(tmp_path: Path) -> None:
    campaign = found(tmp_path)
    assert campaign.settings.base == ("Arithmetic/Base", "Arithmetic/ByHand")
    homes = campaign.read_book().homes
    assert {home.path for label, home in homes.items() if label != "thm:twice"} == {BIG}
    assert homes["thm:twice"].path == NEW


def test_a_campaign_on_an_existing_project_is_done_with_main_certified_at_every_commit(tmp_path: Path) -> None:
    campaign = found(tmp_path)
    hub = campaign.hub
    begun = campaign.main()
    running = start("run", str(campaign.folder))
    try:
        wait_until(lambda: campaign.main() != begun, running, seconds=400.0)
        upstream = commit_files(
            hub, tmp_path, {BESIDE: (hub.read(begun, BESIDE) or b"").decode() + "\n-- more\n"}, None, begun
        )
        merged = False
        while not merged:
            tip = campaign.main()
            joined = join(hub, tip, upstream)
            commit = hub.commit(joined.tree, [tip, upstream], "Merge the upstream")
            merged = _moves(campaign, commit, tip)
        output, _ = running.communicate(timeout=500)
        if not set(hub.log(campaign.main())) <= _certified(campaign):  # it was over before the push
            running = start("run", str(campaign.folder))
            output, _ = running.communicate(timeout=500)
    finally:
        running.kill()
    told = status(campaign.folder)
    assert told["state"] == "done", (told, output)
    assert told["nodes"]["proved"] == 4
    assert b"-- more" in (hub.read(campaign.main(), BESIDE) or b"")
    big = (hub.read(campaign.main(), BIG) or b"").decode()
    assert big.count("sorry") == 1
    assert not (hub.read(campaign.main(), NEW) or b"module").startswith(b"module")
    assert set(hub.log(campaign.main())) <= _certified(campaign)


def _certified(campaign: Campaign) -> set[str]:
    """The commits that landed, and those that an audit has passed."""
    store = Store(campaign.store_path, writable=False)
    with store.begin() as transaction:
        landed = set(transaction.execute(select(landings.c.after)).scalars())
        audits = transaction.execute(select(events.c.data).where(events.c.kind == "audited")).scalars().all()
    store.close()
    return landed | {told["commit"] for told in audits if not told["problem"]}


def _moves(campaign: Campaign, commit: str, tip: str) -> bool:
    """Pushes as a person does, who begins again when somebody was faster."""
    try:
        campaign.hub.move(MAIN, commit, tip)
    except RefMoved:
        return False
    return True
