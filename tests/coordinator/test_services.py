"""The processes of a campaign, without its workers: they start and start again wherever its folder is."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.settings import Settings
from coordinator.engine.demo import SCRIPT
from coordinator.work import printed
from coordinator.work.carrier import connect
from coordinator.work.services import Service, Services
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


CHATTY = """
import sys
number = 0
for round in open(sys.argv[1]):
    for _ in range(100):
        number += 1
        print(f"line {number:09}", flush=True)
"""


def test_what_a_process_prints_is_bounded_while_it_prints_on(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    os.mkfifo(asked)
    service = Service("chatty", [sys.executable, "-c", CHATTY, str(asked)], tmp_path / "logs" / "chatty.log")
    service.start()
    try:
        with asked.open("w") as pipe:
            for number in range(1, 41):
                pipe.write("more\n")
                pipe.flush()
                wait_for(lambda number=number: service.last_words() == f"line {100 * number:09}")  # type: ignore[misc]
                printed.keep_small(service.log, 4000)
                assert service.last_words() == f"line {100 * number:09}"
    finally:
        service.wait(time.monotonic() + 20)
    files = sorted(service.log.parent.iterdir(), reverse=True)
    assert len(files) == printed.KEPT + 1
    assert all(file.stat().st_size <= 4000 + 1500 for file in files)
    lines = "".join(file.read_text() for file in files).splitlines()
    assert lines[-1] == "line 000004000"
    assert [int(line.split()[1]) for line in lines[1:]] == list(range(4002 - len(lines), 4001))


def test_of_what_grew_faster_than_anybody_looked_the_end_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("a" * 900 + "b" * 200)
    assert printed.keep_small(file, 100)
    assert (tmp_path / "log.1").read_text() == "b" * 200
    assert not printed.keep_small(file, 100)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log", "log.1"]


def test_logs_of_services_are_put_aside_while_these_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Services(SETTINGS, tmp_path)
    made.start()
    try:
        monkeypatch.setattr(printed, "LARGEST", 100)
        wait_for(lambda: "Ready to accept" in (tmp_path / "logs" / "broker.log").read_text())
        made.revive()
        aside = tmp_path / "logs" / "broker.log.1"
        assert "Ready to accept connections" in aside.read_text()
    finally:
        made.stop()
