"""Workers of another version, and those without a sandbox, do not serve a campaign that cannot have them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from coordinator.errors import OtherVersion
from coordinator.work.carrier import Carrier, Line
from coordinator.work.hello import check_hello, hello, read_hello
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = hello("bubblewrap")


@pytest.fixture
def carrier(broker: str) -> Iterator[Carrier]:
    made = Carrier(broker, f"campaign-{time.time_ns()}")
    yield made
    made._client.delete(f"blueprover:campaigns:{made.campaign}")
    made.close()


@pytest.mark.parametrize(
    ("worker", "campaign", "words"),
    [
        (OURS, replace(OURS, version="9.9.9"), r"This worker is Blueprover .*, and campaign book is run by 9\.9\.9"),
        (OURS, replace(OURS, wire="other"), "two different states of Blueprover"),
        (hello("none"), OURS, "asks for a sandbox"),
        (OURS, read_hello("no hello at all"), "is run by an unknown version"),
        (OURS, read_hello('{"version": 3}'), "is run by an unknown version"),
    ],
)
def test_what_cannot_work_together_is_told_in_a_sentence(worker: object, campaign: object, words: str) -> None:
    with pytest.raises(OtherVersion, match=words):
        check_hello(worker, campaign, "book")  # type: ignore[arg-type]


def test_equals_may_work_together_and_a_sandbox_more_than_asked_for_does_no_harm() -> None:
    check_hello(OURS, OURS, "book")
    check_hello(OURS, hello("none"), "book")
    assert read_hello(OURS.to_text()) == OURS


def test_a_campaign_is_known_as_long_as_it_says_so(broker: str, carrier: Carrier) -> None:
    line = Line(broker)
    carrier.announce(OURS, 30.0)
    assert line.campaigns()[carrier.campaign] == OURS
    carrier.announce(OURS, 0.05)
    wait_for(lambda: carrier.campaign not in line.campaigns())
    line.close()


def start(broker: str, folder: Path) -> subprocess.Popen[str]:
    options = ("--queue", "builds", "--slots", "1", "--heartbeat-seconds", "0.2", "--folder", str(folder))
    environment = {**os.environ, "BLUEPROVER_BROKER": broker}
    return subprocess.Popen(
        [sys.executable, "-m", "coordinator", "worker", *options],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_worker_of_another_version_leaves_whether_the_campaign_was_there_first_or_comes_later(
    broker: str, carrier: Carrier, tmp_path: Path
) -> None:
    newer = replace(OURS, version="9.9.9")
    worker = start(broker, tmp_path / "later")
    wait_for(lambda: carrier.slots("builds") > 0 or worker.poll() is not None)
    carrier.announce(newer, 120.0)
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 1, said
    assert "is run by 9.9.9; install the same version on every host." in said
    assert "Traceback" not in said
    late = start(broker, tmp_path / "first")
    _, said = late.communicate(timeout=60)
    assert late.returncode == 1, said
    assert "is run by 9.9.9" in said
