"""The broker between coordinator and workers: the embedded Valkey, and Debian's Redis."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from celery.contrib.testing.worker import start_worker

from coordinator.errors import ServiceError
from coordinator.work.carrier import TASK, Carrier, Line, connect, make_app, reports_key
from coordinator.work.messages import AuditOrder, Beat, Envelope, read_order
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def carrier(broker: str) -> Iterator[Carrier]:
    made = Carrier(broker, f"campaign-{time.time_ns()}")
    yield made
    made.close()


@pytest.fixture
def line(broker: str) -> Iterator[Line]:
    made = Line(broker)
    yield made
    made.close()


def order(carrier: Carrier, job: int) -> AuditOrder:
    return AuditOrder(Envelope(job, carrier.campaign, "/hub.git", "a" * 40, "L", (), ()), ())


def test_orders_reach_a_real_worker_and_reports_come_back(broker: str, carrier: Carrier, line: Line) -> None:
    app, taken = make_app(broker), []

    def take(text: str) -> None:
        job = read_order(text).envelope.job
        assert line.is_live(carrier.campaign, job)
        line.report(carrier.campaign, Beat("w", (job,)))
        taken.append((job, threading.current_thread().name))

    app.task(name=TASK, shared=False)(take)
    app.conf.task_default_queue = "agents"
    with start_worker(app, pool="threads", concurrency=4, perform_ping_check=False, queues=["agents"]):
        for job in range(1, 21):
            carrier.send("agents", order(carrier, job))
        wait_for(lambda: len(taken) == 20)
    assert sorted(job for job, _ in taken) == list(range(1, 21))
    received = carrier.receive(1.0)
    assert [report for _, report in received if isinstance(report, Beat)] == [report for _, report in received]
    assert len(received) == 20
    app.close()


def test_reports_stay_until_their_effect_is_in_the_store(carrier: Carrier, line: Line) -> None:
    line.report(carrier.campaign, Beat("w", (1,)))
    ((identifier, report),) = carrier.receive(1.0)
    assert carrier.receive(0.01) == [(identifier, report)]
    carrier.acknowledge([identifier])
    assert carrier.receive(0.01) == []


def test_what_is_no_report_is_dropped_and_does_not_stop_the_others(broker: str, carrier: Carrier, line: Line) -> None:
    client = connect(broker)
    client.xadd(reports_key(carrier.campaign), {"report": "{nonsense"})
    client.xadd(reports_key(carrier.campaign), {"other": "field"})
    client.close()
    line.report(carrier.campaign, Beat("w", (1,)))
    assert [report for _, report in carrier.receive(1.0)] == [Beat("w", (1,))]


def test_a_job_taken_off_the_board_is_lost_to_its_worker(carrier: Carrier, line: Line) -> None:
    carrier.restrict([1, 2, 3])
    assert line.lost(carrier.campaign, [1, 2, 3]) == set()
    carrier.withdraw([2])
    assert line.lost(carrier.campaign, [1, 2, 3]) == {2}
    carrier.restrict([3])
    assert not line.is_live(carrier.campaign, 1)


def test_workers_anywhere_are_counted_while_they_show_themselves(carrier: Carrier, line: Line) -> None:
    queue = f"q{time.time_ns()}"
    assert carrier.slots(queue) == 0
    line.show_presence(queue, "one", 16, 30.0)
    line.show_presence(queue, "two", 4, 0.2)
    assert carrier.slots(queue) == 20
    wait_for(lambda: carrier.slots(queue) == 16)


def test_a_broker_that_is_away_is_one_clear_error() -> None:
    carrier = Carrier("redis://127.0.0.1:1/0", "c")
    with pytest.raises(ServiceError, match="does not answer"):
        carrier.check()
    with pytest.raises(ServiceError, match="is away"):
        carrier.send("agents", order(carrier, 1))
    carrier.close()
