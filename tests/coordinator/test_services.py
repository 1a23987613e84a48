"""The processes of a campaign, without its workers: they start and start again wherever its folder is."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.settings import Settings
from coordinator.engine.demo import SCRIPT
from coordinator.work.carrier import connect
from coordinator.work.services import Services
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = Settings.model_validate(
    {"model": {"name": "rehearsal", "rehearsal": str(SCRIPT)}, "workers": {"agents": 0, "builds": 0}}
)


@pytest.fixture(params=["plain", "two words # 50% 'of' \"é\" \\x?y"])
def services(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Services]:
    folder = tmp_path / request.param
    folder.mkdir()
    made = Services(SETTINGS, folder)
    made.start()
    yield made
    made.stop()


def test_a_broker_starts_in_a_folder_of_any_name(services: Services) -> None:
    client = connect(services.broker_url)
    assert client.ping()
    client.close()


def test_a_model_server_that_died_comes_back_where_it_was(services: Services) -> None:
    before, server = services.model_url, services._rehearsal
    assert server is not None
    server.tell(signal.SIGKILL)
    wait_for(lambda: not server.alive)
    services.revive()
    assert server.alive
    assert services.model_url == before
