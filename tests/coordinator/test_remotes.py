"""A hub that is away: workers wait for it with what they have, say so once, and go on when it is back."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest
import structlog
import yaml
from sqlalchemy import select

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.engine.catching_up import read_landing
from coordinator.errors import GitError
from coordinator.git import MAIN, Repository, runner
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.simulation.running import open_run
from coordinator.store.schema import jobs, pull_requests
from coordinator.work import remotes
from coordinator.work.remotes import Remotes
from tests.support.repositories import commit_files
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

    def bring_back_once(self, condition: Callable[[], object]) -> None:
        wait_for(condition)
        self.bring_back()

    def push(self, number: int, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.remotes.push(str(self.hub.path), self.commit, f"refs/attempts/a/{number}", cancelled)


class Pushed(NamedTuple):
    """How many branches each push took, and what became of each branch."""

    lots: list[int]
    errors: list[BaseException | None]


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


def push_together(desk: Desk, branches: Sequence[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> Pushed:
    """Has threads push branches of which all but the first wait until the first is under way."""
    lots: list[int] = []
    remote, push_all = str(desk.hub.path), desk.mirror.push_all
    gathering = desk.remotes._hub(remote)._pushes

    def push(remote: str, some: Sequence[tuple[str, str]]) -> list[GitError | None]:
        if not lots:
            wait_for(lambda: len(gathering._waiting) == len(branches) - 1)
        lots.append(len(some))
        return push_all(remote, some)

    monkeypatch.setattr(desk.mirror, "push_all", push)
    with ThreadPoolExecutor(len(branches)) as threads:
        jobs = [threads.submit(desk.remotes.push, remote, *branches[0])]
        wait_for(lambda: gathering._under_way)
        for branch in branches[1:]:
            jobs.append(threads.submit(desk.remotes.push, remote, *branch))
            wait_for(lambda: len(gathering._waiting) == len(jobs) - 1 or lots)
        return Pushed(lots, [job.exception(60) for job in jobs])


def test_branches_that_are_done_together_are_one_push_and_one_that_is_refused_keeps_no_other_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hub.put("refs/attempts/a/3/in-the-way", commit_files(desk.hub, desk.folder, {"B.lean": "b\n"}))
    branches = [(desk.commit, f"refs/attempts/a/{number}") for number in range(7)]
    pushed = push_together(desk, branches, monkeypatch)
    assert pushed.lots[:2] == [1, 6]
    assert sum(pushed.lots) == 8, "only what was refused is tried again"
    assert [number for number, error in enumerate(pushed.errors) if error is not None] == [3]
    assert "refs/attempts/a/3" in str(pushed.errors[3])
    heads = [desk.hub.head(ref) for _, ref in branches]
    assert heads == [None if number == 3 else desk.commit for number in range(7)]


def test_a_commit_that_is_missing_fails_alone_though_git_then_pushes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [desk.commit, desk.commit, "b" * 40, desk.commit]
    branches = [(commit, f"refs/attempts/a/{number}") for number, commit in enumerate(commits)]
    pushed = push_together(desk, branches, monkeypatch)
    assert [error is None for error in pushed.errors] == [True, True, False, True]
    assert [desk.hub.head(ref) for _, ref in branches] == [desk.commit, desk.commit, None, desk.commit]


def test_what_two_jobs_push_to_one_branch_goes_one_after_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    later = commit_files(desk.mirror, desk.folder, {"A.lean": "later\n"})
    ref, other = "refs/attempts/a/1", "refs/attempts/a/2"
    pushed = push_together(desk, [(desk.commit, other), (desk.commit, ref), (later, ref)], monkeypatch)
    assert pushed == Pushed([1, 1, 1], [None] * 3)
    assert desk.hub.head(ref) == later


def test_a_branch_that_was_pushed_and_not_reported_is_pushed_again(desk: Desk) -> None:
    for _ in range(2):
        desk.push(1)
    assert desk.hub.head("refs/attempts/a/1") == desk.commit


def test_a_lot_that_the_hub_does_not_take_because_it_is_away_goes_when_it_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    branches = [(desk.commit, f"refs/attempts/a/{number}") for number in range(9)]
    desk.take_away()
    with structlog.testing.capture_logs() as logged, ThreadPoolExecutor(1) as back:
        returned = back.submit(desk.bring_back_once, lambda: logged)
        pushed = push_together(desk, branches, monkeypatch)
        returned.result(60)
    assert pushed.errors == [None] * 9
    assert [desk.hub.head(ref) for _, ref in branches] == [desk.commit] * 9
    assert [each["event"] for each in logged] == ["hub_away", "hub_back"]


def test_a_commit_is_fetched_once_and_without_the_history_that_is_here(desk: Desk) -> None:
    tip = desk.hub.head()
    assert tip is not None
    remote, last = str(desk.hub.path), tip
    for number in range(20):
        last = commit_files(desk.hub, desk.folder, {"README": f"{number}\n"}, MAIN, last)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda commit: desk.remotes.fetch(remote, [commit]), [tip, last] * 8))
    known = _packed(desk.mirror)
    branch = commit_files(desk.hub, desk.folder, {"README": "branch\n"}, "refs/candidates/1", None)
    desk.remotes.fetch(remote, [branch, last])
    assert known >= 60
    assert _packed(desk.mirror) - known == 3, "a commit, a tree and a file"


def test_a_commit_that_the_hub_lacks_keeps_no_other_from_being_fetched(desk: Desk) -> None:
    there = [commit_files(desk.hub, desk.folder, {"README": f"{number}\n"}) for number in range(3)]
    wishes = [[there[0]], ["b" * 40], there[1:]]
    told = desk.remotes._hub(str(desk.hub.path))._fetch_all(wishes)
    assert [error is None for error in told] == [True, False, True]
    assert desk.mirror.missing([*there, "b" * 40]) == ["b" * 40]


def _packed(repository: Repository) -> int:
    """Objects in the packs of a repository, each counted in every pack that holds it."""
    told = dict(line.split(": ") for line in repository._run("count-objects", "-v").splitlines())
    return int(told["in-pack"])


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
        with structlog.testing.capture_logs() as logged, pytest.raises(GitError, match="longer than"):
            desk.remotes.push(url, desk.commit, "refs/attempts/a/1", lambda: bool(logged))
    assert [each["event"] for each in logged] == ["hub_away"]


def test_a_job_that_is_cancelled_does_not_wait_until_git_gives_up_on_a_silent_hub(desk: Desk) -> None:
    cancelled = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(2) as workers:
        url = f"git://127.0.0.1:{server.getsockname()[1]}/hub.git"
        jobs = [
            workers.submit(desk.remotes.push, url, desk.commit, "refs/attempts/a/1", cancelled.is_set),
            workers.submit(desk.remotes.fetch, url, ["b" * 40], cancelled.is_set),
        ]
        connections = [server.accept()[0] for _ in jobs]
        cancelled.set()
        for job in jobs:
            with pytest.raises(GitError, match="before the job was cancelled"):
                job.result(runner.SECONDS / 4)
        for connection in connections:
            connection.close()


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
