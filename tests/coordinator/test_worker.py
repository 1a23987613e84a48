from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import redis

from agents import Usage
from coordinator.git import runner
from coordinator.work.carrier import Carrier
from coordinator.work.host import HostSettings
from coordinator.work.orders import AuditOrder, BuildOrder, Envelope, write_order
from coordinator.work.reports import AuditEnded, Beat, BuildEnded, in_one_line
from coordinator.work.worker import Worker
from coordinator.work.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from coordinator.work.reports import Report


@pytest.fixture
def carrier(broker: str, tmp_path: Path) -> Iterator[Carrier]:
    """A coordinator's end, on whose board is job 7."""
    made = Carrier(broker, f"campaign-{tmp_path.name}")
    made.restrict([7])
    yield made
    made.close()


@pytest.fixture
def worker(broker: str, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(broker, "agents", 1, Workshop(HostSettings(tmp_path, sandbox="none")), heartbeat_seconds=0.05)
    yield made
    made._line.close()


def order(carrier: Carrier) -> str:
    return write_order(AuditOrder(Envelope(7, carrier.campaign, "", "", "L", (), ()), ()))


def test_a_report_is_kept_while_the_broker_is_away(
    worker: Worker, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, send, failures = BuildEnded(7, accepted=False), worker._line.report, [3]
    monkeypatch.setattr(worker._workshop, "carry_out", lambda *_: ended)

    def falter(campaign: str, report: Report) -> None:
        if not isinstance(report, Beat) and failures[0]:
            failures[0] -= 1
            raise redis.ConnectionError("away")
        send(campaign, report)

    monkeypatch.setattr(worker._line, "report", falter)
    worker.take(order(carrier))
    assert ended in [report for _, report in carrier.receive(1.0)]


def test_heartbeats_tell_what_an_agent_has_used_as_long_as_that_is_news(
    worker: Worker, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Usage(input_tokens=5, calls=1, cost_usd=0.25)

    def act(_: object, __: object, note: Callable[[Usage], None]) -> BuildEnded:
        worker._beat(carrier.campaign)
        note(used)
        worker._beat(carrier.campaign)
        worker._beat(carrier.campaign)
        return BuildEnded(7, accepted=False)

    monkeypatch.setattr(worker._workshop, "carry_out", act)
    worker.take(order(carrier))
    beats = [report for _, report in carrier.receive(1.0) if isinstance(report, Beat)]
    assert [beat.spent for beat in beats] == [{}, {}, {7: used}, {}]  # the first tells that the job was taken


def test_an_order_that_its_bench_breaks_over_is_reported_with_the_error_in_one_line(
    worker: Worker, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> Report:
        raise RuntimeError("\n the disk is gone \nwith all that was on it")

    monkeypatch.setattr(worker._workshop, "carry_out", break_down)
    worker.take(order(carrier))
    told = [report for _, report in carrier.receive(1.0) if not isinstance(report, Beat)]
    assert told == [AuditEnded(7, "", error="RuntimeError: the disk is gone")]


def test_what_an_unexpected_error_says_is_bounded_and_may_be_nothing() -> None:
    assert in_one_line(KeyError()) == "KeyError"
    assert len(in_one_line(ValueError("x" * 10_000))) == 500


@pytest.mark.parametrize("way", ["revoked", "terminated"])
def test_a_build_that_waits_for_a_silent_hub_lets_go_when_it_is_revoked_and_when_its_worker_is_told_to_stop(
    worker: Worker, carrier: Carrier, way: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hub, ThreadPoolExecutor(1) as pool:
        remote = f"git://127.0.0.1:{hub.getsockname()[1]}/hub.git"
        envelope = Envelope(7, carrier.campaign, remote, "a" * 40, "L", (), ())
        build = BuildOrder(envelope, "b" * 40, "statement", "L.a", "L.A", is_definition=False, lock=None)
        taken = pool.submit(worker.take, write_order(build))
        connection = hub.accept()[0]
        if way == "revoked":
            carrier.withdraw([7])
            worker._stop_lost(carrier.campaign)
        else:
            worker._stop_all()
        taken.result(runner.SECONDS / 4)
        connection.close()
    (told,) = [report for _, report in carrier.receive(1.0) if isinstance(report, BuildEnded)]
    assert told.cancelled
    assert "cancelled" in told.error
