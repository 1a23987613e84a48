"""What a campaign survives: ``kill -9`` of each of its processes, and Ctrl-C. Real processes, real signals."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.campaign import Campaign
from tests.support.campaigns import (
    alive,
    blueprover,
    children,
    kill,
    landings,
    small_campaign,
    start,
    status,
    wait_until,
)

if TYPE_CHECKING:
    from pathlib import Path


def finish(folder: Path) -> None:
    """Runs the campaign to its end and checks that nothing was lost and nothing landed twice."""
    answer = blueprover("run", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    now = status(folder)
    assert now["state"] == "done"
    assert now["nodes"]["proved"] == sum(now["nodes"].values())
    campaign = Campaign.open(folder)
    landed = [
        message.splitlines()[0].split(" (")[0]
        for commit in campaign.hub.log(campaign.main())
        if (message := campaign.hub.message(commit)).startswith("Land ")
    ]
    assert len(landed) == len(set(landed)) == now["landings"]["total"]


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    return small_campaign(tmp_path / "campaign")


def test_a_killed_coordinator_leaves_no_process_behind_and_the_next_one_goes_on(campaign: Path) -> None:
    running = start("run", str(campaign))
    wait_until(lambda: landings(campaign) >= 3, running)
    before, its = landings(campaign), children(running.pid)
    assert set(its) == {"--queue agents", "--queue builds", "valkey-server", "agents.rehearsal"}
    kill(running.pid)
    running.communicate()
    wait_for_death(its)
    assert status(campaign)["state"] == "stopped"
    assert landings(campaign) >= before
    finish(campaign)


def wait_for_death(its: dict[str, int]) -> None:
    sleeper = subprocess.Popen(["sleep", "10"], text=True, stdout=subprocess.PIPE)
    wait_until(lambda: not any(alive(pid) for pid in its.values()), sleeper, seconds=9)
    sleeper.kill()
    sleeper.communicate()


@pytest.mark.parametrize("victim", ["--queue agents", "--queue builds", "valkey-server"])
def test_a_killed_service_is_started_again_and_the_campaign_goes_on(campaign: Path, victim: str) -> None:
    running = start("run", str(campaign))
    wait_until(lambda: landings(campaign) >= 3, running)
    old = children(running.pid)[victim]
    kill(old)
    wait_until(lambda: children(running.pid).get(victim, old) != old, running)
    output, _ = running.communicate(timeout=240)
    assert running.returncode == 0, output
    finish(campaign)


def test_ctrl_c_stops_within_seconds_tells_what_is_in_flight_and_leaves_a_resumable_folder(campaign: Path) -> None:
    running = start("run", str(campaign))
    wait_until(lambda: landings(campaign) >= 2, running)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=15)
    assert running.returncode == 130, output
    assert "in flight" in output
    assert "Traceback" not in output
    assert status(campaign)["state"] == "stopped"
    finish(campaign)


def test_a_second_coordinator_says_so_and_leaves(campaign: Path) -> None:
    running = start("run", str(campaign))
    wait_until(lambda: landings(campaign) >= 1, running)
    second = blueprover("run", str(campaign))
    assert second.returncode == 3
    assert f"already being run by process {running.pid}" in second.stderr.replace("\n", " ")
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=15)


def test_a_paused_campaign_waits_for_ever_and_is_stopped_from_another_terminal(campaign: Path) -> None:
    assert blueprover("pause", str(campaign)).returncode == 0
    running = start("run", str(campaign))
    wait_until(lambda: status(campaign)["state"] == "running", running)
    answer = blueprover("stop", str(campaign))
    assert (answer.returncode, answer.stdout) == (0, "Stopped; `blueprover run` goes on with it.\n")
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 130, output
    now = status(campaign)
    assert (now["state"], now["paused"], now["attempts"]) == ("stopped", True, {})
