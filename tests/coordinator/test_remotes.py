"""A hub that is away: workers wait for it with what they have, say so once, and go on when it is back."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import structlog
import yaml
from sqlalchemy import select

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.engine.catching_up import read_landing
from coordinator.errors import GitError
from coordinator.git import Repository, runner
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.simulation.running import open_run
from coordinator.store.schema import jobs, pull_requests
from coordinator.work import remotes
from coordinator.work.remotes import Remotes
from tests.support.repositories import commit_files
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coordinator.simulation.running import Run

_LEASE, _AWAY = 4.0, 6.0
"""Seconds of a lease, and for how long the hub is away."""


class Desk:
    """A worker's mirror with a commit, and the hub that it is to go to."""

    def __init__(self, hub: Repository, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.mirror = Repository.create(folder / "mirror.git")
        self.commit = commit_files(self.mirror, folder, {"A.lean": "a\n"})
        self.remotes = Remotes(self.mirror)

    def take_away(self) -> None:
        self.hub.path.rename(self.folder / "away.git")

    def bring_back(self) -> None:
        (self.folder / "away.git").rename(self.hub.path)

    def push(self, number: int, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.remotes.push(str(self.hub.path), self.commit, f"refs/attempts/a/{number}", cancelled)


@pytest.fixture
def desk(hub: Repository, tmp_path: Path) -> Desk:
    return Desk(hub, tmp_path)


def test_jobs_that_end_while_the_hub_is_away_lose_nothing_and_one_warning_says_so(desk: Desk) -> None:
    with structlog.testing.capture_logs() as logged, ThreadPoolExecutor(3) as workers:
        desk.take_away()
        pushes = [workers.submit(desk.push, number) for number in range(3)]
        wait_for(lambda: logged)
        assert not any(push.done() for push in pushes)
        desk.bring_back()
        for push in pushes:
            push.result(60)
    assert [each["event"] for each in logged] == ["hub_away", "hub_back"]
    assert [desk.hub.head(f"refs/attempts/a/{number}") for number in range(3)] == [desk.commit] * 3


def test_what_the_hub_refuses_fails_at_once(desk: Desk) -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(GitError, match="fetch failed"):
        desk.remotes.fetch(str(desk.hub.path), ["b" * 40])
    assert not logged


def test_a_job_that_is_cancelled_waits_no_longer_and_nor_does_one_whose_patience_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take_away()
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as worker, structlog.testing.capture_logs() as logged:
        waiting = worker.submit(desk.push, 1, cancelled.is_set)
        wait_for(lambda: logged)
        cancelled.set()
        with pytest.raises(GitError):
            waiting.result(60)
    monkeypatch.setattr(remotes, "AWAY_SECONDS", 0.0)
    with pytest.raises(GitError):
        desk.push(2)


def test_a_hub_that_takes_connections_and_says_nothing_is_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"git://127.0.0.1:{server.getsockname()[1]}/hub.git"
        asked = iter([False, True])
        with structlog.testing.capture_logs() as logged, pytest.raises(GitError, match="longer than"):
            desk.remotes.push(url, desk.commit, "refs/attempts/a/1", lambda: next(asked, True))
    assert [each["event"] for each in logged] == ["hub_away"]


def test_a_campaign_whose_hub_is_away_for_longer_than_a_lease_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    plan = Plan(3, 1, 4, seed=5, speed=1500.0, push=True, lease_seconds=_LEASE, heartbeat_seconds=_LEASE / 8)
    found_simulation(folder, plan)
    file, remote = folder / SETTINGS_FILE, folder / "remote.git"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "remote": str(remote)}))
    remote.symlink_to("hub.git")
    campaign = Campaign.open(folder)
    with open_run(campaign) as run:
        run.go_on(lambda: bool(landed(campaign)))
        remote.unlink()
        run.go_on(lambda: any(warnings(folder)))
        back = time.monotonic() + _AWAY
        assert run.go_on(lambda: time.monotonic() > back) is None, "it cannot end without its hub"
        remote.symlink_to("hub.git")
        until = time.monotonic() + 300
        finish = run.go_on(lambda: time.monotonic() > until)
        assert finish is not None
        assert finish.state == "done"
        assert not lost_work(run)
    assert max(Counter(landed(campaign)).values()) == 1
    assert max(warnings(folder)) == 1


def warnings(folder: Path) -> list[int]:
    """How often the workers have said that the hub is away."""
    return [(folder / "logs" / f"{queue}.log").read_text().count("hub_away") for queue in ("agents", "builds")]


def landed(campaign: Campaign) -> list[tuple[str, str]]:
    """Labels and stages of the landings that main's history tells."""
    told = map(read_landing, campaign.hub.first_parents(campaign.main(), None))
    return [(each.label, each.stage) for each in told if each is not None]


def lost_work(run: Run) -> list[tuple[str, str]]:
    """Jobs that failed and pull requests that came back."""
    with run.store.begin() as transaction:
        failed = transaction.execute(select(jobs.c.kind, jobs.c.summary).where(jobs.c.ending == "failed")).all()
        bounced = select(pull_requests.c.summary, pull_requests.c.reason).where(pull_requests.c.state == "bounced")
        return [(row[0], row[1]) for row in [*failed, *transaction.execute(bounced).all()]]
