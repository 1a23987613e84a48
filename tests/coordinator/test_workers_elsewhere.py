"""Workers of another host: processes in a folder of their own that are given a broker and the address of a hub."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from agents import Assignment, NodeBrief
from agents.rehearsal import Action, RehearsalServer, Request
from checker import Layout
from coordinator.git import MAIN, Repository
from coordinator.work.carrier import Carrier
from coordinator.work.orders import AgentOrder, BuildOrder, Envelope, ModelAccess
from coordinator.work.reports import AttemptEnded, BuildEnded
from tests.checker.desk import PROJECT
from tests.support.git_server import PASSWORD, git_server, make_certificate
from tests.support.ssh_server import ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from coordinator.work.orders import Order
    from coordinator.work.reports import Report

_TARGET, _MODULE, _PATH = "Book.add_zero", "Book.Nodes.AddZero", "Book/Nodes/AddZero.lean"
_TEXT = (PROJECT / "Book/Nodes/ZeroAdd.lean").read_text()
_STATED = _TEXT.replace("zero_add", "add_zero").replace("add .zero a", "add a .zero")
_SECONDS = 300.0
"""How long a job may take on a slow host."""


class Author:
    """A model that states a theorem and hands it in, or gives up where that is refused."""

    STEPS = (
        ("write_file", {"path": _PATH, "text": _STATED}),
        ("submit", {"summary": "Stated."}),
        ("give_up", {"reason": "It was refused."}),
    )

    def act(self, request: Request) -> Action:
        return Action("On.", *self.STEPS[len(request.exchanges)])


class Host:
    """Another host: a folder, and workers that are told no more than the broker."""

    def __init__(self, folder: Path, broker: str, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._environment = environment or {}
        self.carrier = Carrier(broker, f"campaign-{time.time_ns()}")
        self._broker = broker
        folder.mkdir()

    @contextlib.contextmanager
    def worker(self, queue: str) -> Iterator[None]:
        """Serves a queue while the context lasts."""
        options = ("--queue", queue, "--slots", "2", "--sandbox", "none", "--warm-servers", "0", "--folder", queue)
        told = {"BLUEPROVER_BROKER": self._broker, "no_proxy": "127.0.0.1", **self._environment}
        with (self.folder / f"{queue}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "coordinator", "worker", *options],
                cwd=self.folder,
                env={**os.environ, **told},
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(_SECONDS)

    def carry_out(self, queue: str, order: Order) -> Report:
        """Sends an order, as the coordinator does, and waits for its report."""
        self.carrier.send(queue, order)
        self.carrier.flush()
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            received = self.carrier.receive(1.0)
            self.carrier.acknowledge([identifier for identifier, _ in received])
            for _, report in received:
                if isinstance(report, (AttemptEnded, BuildEnded)) and report.job == order.envelope.job:
                    return report
        pytest.fail((self.folder / f"{queue}.log").read_text())

    def lines(self, queue: str, until: str) -> list[str]:
        """What the worker of a queue has printed, once it has printed this."""
        log = self.folder / f"{queue}.log"
        end = time.monotonic() + _SECONDS
        while until not in (text := log.read_text()) or not text.endswith("\n"):
            assert time.monotonic() < end, text
            time.sleep(0.05)
        return text.splitlines()


@contextlib.contextmanager
def served(folder: Path, scheme: str, secrets: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The address at which workers reach the hub in `folder`, and the variables that they are given for that."""
    match scheme:
        case "file":
            yield f"file://{folder}/hub.git", {}
        case "ssh":
            with ssh_server(secrets) as (port, command):
                user = getpass.getuser()
                yield f"ssh://{user}@127.0.0.1:{port}{folder}/hub.git", {"GIT_SSH_COMMAND": command}
        case "https":
            make_certificate(secrets / "server.pem")
            with git_server(folder, secrets / "server.pem") as address:
                yield f"{address}/hub.git", {"GIT_SSL_CAINFO": str(secrets / "server.crt")}
        case _:
            with git_server(folder) as address:
                yield f"{address}/hub.git", {}


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
@pytest.mark.parametrize("scheme", ["file", "http", "https", "ssh"])
def test_workers_that_know_a_broker_and_the_address_of_a_hub_state_and_certify(
    tmp_path: Path, broker: str, scheme: str
) -> None:
    hub = Repository.create(tmp_path / "coordinator" / "hub.git")
    tip = hub.commit(hub.write_tree(PROJECT), [], "a project")
    hub.move(MAIN, tip, None)
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    node = NodeBrief("thm:a", "theorem", "", "", "", "", _TARGET, _MODULE)
    task = Assignment("author", "statement", node, "rehearsal", Layout("Book", ("Book/Base",), ("Book/Helpers",)))
    with served(hub.path.parent, scheme, secrets) as (remote, told), RehearsalServer(Author()) as model:
        host = Host(tmp_path / "elsewhere", broker, told)
        envelope = Envelope(1, host.carrier.campaign, remote, tip, "Book", ("Book/Base",), ("Book/Helpers",))
        with host.worker("agents"):
            access = ModelAccess(model.url, "KEY", rehearsal=True)
            attempt = host.carry_out("agents", AgentOrder(envelope, task, access, ref="refs/attempts/a/1"))
        assert isinstance(attempt, AttemptEnded)
        assert attempt.ending == "submitted", attempt.summary
        assert hub.head("refs/attempts/a/1") == attempt.head
        assert (hub.read(attempt.head, _PATH) or b"").decode() == _STATED
        with host.worker("builds"):
            asked = Envelope(2, host.carrier.campaign, remote, tip, "Book", ("Book/Base",), ("Book/Helpers",))
            order = BuildOrder(asked, attempt.head, "statement", _TARGET, _MODULE, is_definition=False, lock=None)
            built = host.carry_out("builds", order)
        assert isinstance(built, BuildEnded)
        assert built.accepted, (built.reasons, built.error)
    host.carrier.close()
    assert not any(PASSWORD in log.read_text() for log in host.folder.glob("*.log"))


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
def test_every_line_of_a_worker_is_json_and_says_which_attempt_of_which_campaign(tmp_path: Path, broker: str) -> None:
    hub = Repository.create(tmp_path / "hub.git")
    host = Host(tmp_path / "elsewhere", broker)
    missing = "d" * 40
    envelope = Envelope(
        3, host.carrier.campaign, str(hub.path), missing, "B", (), (), node="a", attempt=2, stage="proof", title="Mine"
    )
    with host.worker("builds"):
        order = BuildOrder(envelope, missing, "proof", _TARGET, _MODULE, is_definition=False, lock=None)
        refused = host.carry_out("builds", order)
        host.carrier.send("builds", order)  # which was taken before
        host.carrier.flush()
        told = [json.loads(line) for line in host.lines("builds", until="order_dropped")]
    host.carrier.close()
    assert isinstance(refused, BuildEnded)
    assert refused.error
    ours = [line for line in told if "logger" not in line]
    assert [line["event"] for line in ours] == ["order_refused", "order_dropped"]
    about = {"campaign": "Mine", "node": "a", "stage": "proof", "attempt": 2, "job": 3}
    assert all(about.items() <= line.items() for line in ours)
    assert all({"level", "timestamp"} <= line.keys() for line in told)
