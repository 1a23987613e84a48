"""What the coordinator's tests share: a clock that stands still, a hub, a store, and real brokers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import redis
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from coordinator.git import MAIN, Repository
from coordinator.store.store import Store
from coordinator.work.services import embedded_broker
from tests.support.postgresql import find_programs, postgresql_server
from tests.support.repositories import commit_files
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub(tmp_path: Path) -> Repository:
    """A hub whose main holds one file."""
    repository = Repository.create(tmp_path / "hub.git")
    commit_files(repository, tmp_path, {"README": "hello\n"}, MAIN)
    return repository


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store to write: once in a file, once in a real PostgreSQL."""
    place = tmp_path / "store.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")
    opened = Store(place, writable=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """URL of a real PostgreSQL."""
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI skips nothing")
        pytest.skip("PostgreSQL is not installed")
    with postgresql_server(programs) as url:
        yield url


@pytest.fixture
def database(database_server: str) -> str:
    """URL of an empty schema in a real PostgreSQL."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(database_server.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(CreateSchema(name))
    engine.dispose()
    return f"{database_server}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["valkey", "redis"], scope="session")
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real broker: once the embedded Valkey, once Debian's Redis."""
    program = embedded_broker() if request.param == "valkey" else shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed, and CI skips nothing")
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp(request.param)
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--logfile", "log"]
    process = subprocess.Popen([program, *arguments])
    url = f"redis://127.0.0.1:{port}/0"
    _await_answer(url)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def _nothing_in_the_broker(request: pytest.FixtureRequest) -> None:
    """What earlier tests sent and announced, in whatever order they came, is nothing to this one."""
    if "broker" in request.fixturenames:
        client = redis.Redis.from_url(request.getfixturevalue("broker"))
        client.flushall()
        client.close()


def _await_answer(url: str) -> None:
    client = redis.Redis.from_url(url)
    wait_for(lambda: _answers(client))
    client.close()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
