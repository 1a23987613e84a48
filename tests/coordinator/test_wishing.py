"""Wishes on their way: nobody runs the campaign, somebody does, somebody is killed in between."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.wishes import Answer, Pause, Retry, Skip, Stop
from coordinator.engine.wishing import ask, stop
from coordinator.errors import CampaignBusy
from coordinator.store.schema import events
from coordinator.store.store import Store
from coordinator.work.reports import AuditEnded
from tests.support.campaigns import blueprover, small_campaign
from tests.support.loops import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLED_IN_BETWEEN = """
import os, signal, sys
from pathlib import Path
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.inbox import Inbox
from coordinator.campaign.wishes import Boost
from coordinator.engine import wishing

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

campaign = Campaign.open(Path(sys.argv[1]))
if sys.argv[2] == "written":
    wishing._grant_here = die
else:
    Inbox.answer = die
wishing.ask(campaign, Boost("thm:and_comm", 3.0))
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return Campaign.open(small_campaign(tmp_path / "campaign"))


def happened(campaign: Campaign, kind: str) -> int:
    """How often the store's log says that this happened."""
    if not campaign.store_path.exists():
        return 0
    store = Store(campaign.store_path, writable=False)
    with store.begin() as transaction:
        found = transaction.execute(select(events.c.id).where(events.c.kind == kind)).all()
    store.close()
    return len(found)


@pytest.mark.parametrize(("moment", "before"), [("written", 0), ("granted", 1)])
def test_a_wish_whose_owner_is_killed_is_granted_once_and_never_lost(
    campaign: Campaign, moment: str, before: int
) -> None:
    script = [sys.executable, "-c", KILLED_IN_BETWEEN, str(campaign.folder), moment]
    assert subprocess.run(script, check=False).returncode == -9
    assert (len(campaign.inbox.waiting()), happened(campaign, "boosted")) == (1, 2 * before)
    assert ask(campaign, Pause()).exit_code == 0
    assert (campaign.inbox.waiting(), happened(campaign, "boosted")) == ([], 2)


def test_what_is_asked_while_nobody_runs_the_campaign_holds_when_somebody_does(campaign: Campaign) -> None:
    assert ask(campaign, Skip("thm:and_comm")).exit_code == 0
    assert stop(campaign) == Answer("Nobody runs the campaign.")
    answer = blueprover("skip", str(campaign.folder), "thm:and_com")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "error: The book has no node 'thm:and_com'; did you mean 'thm:and_comm'?\n"
    shown = blueprover("status", str(campaign.folder)).stdout
    assert "Left out, with what rests on them: thm:and_comm." in shown


def test_a_wish_that_nobody_answers_waits_and_says_who_is_busy(campaign: Campaign) -> None:
    with campaign.lock(), pytest.raises(CampaignBusy, match="has not answered yet"):
        ask(campaign, Pause(), patience=0.0)
    assert len(campaign.inbox.waiting()) == 1


def test_rubbish_in_the_inbox_is_answered_and_does_not_hold_up_the_next_wish(campaign: Campaign) -> None:
    name = campaign.inbox.put(Pause())
    (campaign.folder / "inbox" / f"{name}.wish").write_bytes(b'{"kind": "pause", "for": "ever"')
    assert ask(campaign, Retry(failed=True)).exit_code == 0
    answer = campaign.inbox.fetch_answer(name)
    assert answer is not None
    assert (answer.exit_code, "cannot be asked" in answer.words) == (2, True)


@pytest.fixture
def loop(tmp_path: Path, broker: str) -> Iterator[Loop]:
    made = Loop(tmp_path / "campaign", broker)
    made.step()
    yield made
    made.close()


def test_the_coordinator_grants_what_waits_at_its_next_round_and_takes_unwanted_jobs_back(loop: Loop) -> None:
    loop.report(AuditEnded(loop.jobs[0], ""))
    loop.step()
    inbox = loop.campaign.inbox
    job = next(job for job in loop.state.jobs if job.kind == "attempt" and job.item is not None)
    label = loop.state.by_id[job.item or 0].label
    assert loop.line.lost(loop.key, [job.id]) == set()
    skip, pause = inbox.put(Skip(label)), inbox.put(Pause())
    loop.step()
    told = inbox.fetch_answer(skip)
    assert told is not None
    assert told.words.startswith(f"{label} is left out")
    assert inbox.fetch_answer(pause) is not None
    assert loop.line.lost(loop.key, [job.id]) == {job.id}
    assert loop.state.paused
    before = loop.jobs
    loop.step()
    assert set(loop.jobs) <= set(before)


def test_a_stop_from_elsewhere_ends_the_run_that_it_means_and_no_later_one(loop: Loop) -> None:
    inbox = loop.campaign.inbox
    inbox.put(Stop(process=1))
    loop.step()
    assert not loop.coordinator.told_to_stop
    inbox.put(Stop(process=os.getpid()))
    loop.step()
    assert loop.coordinator.told_to_stop
