"""The broker between coordinator and workers: the embedded Valkey, and Debian's Redis."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
from celery.contrib.testing.worker import start_worker
from kombu import pools

from coordinator.errors import ServiceError
from coordinator.work.carrier import TASK, Carrier, Line, board_key, connect, reports_key
from coordinator.work.orders import AuditOrder, Envelope, read_order, write_order
from coordinator.work.reports import Beat
from coordinator.work.wire import Writer
from coordinator.work.worker import make_app
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
    app, taken, noted = make_app(broker), [], []
    client = connect(broker)

    def take(text: str) -> None:
        job = read_order(text).envelope.job
        noted.extend(client.keys("unacked*"))
        assert line.take(carrier.campaign, "w", job)
        taken.append((job, threading.current_thread().name))

    app.task(name=TASK, shared=False)(take)
    app.conf.task_default_queue = "agents"
    with start_worker(app, pool="threads", concurrency=4, perform_ping_check=False, queues=["agents"]):
        for job in range(1, 21):
            carrier.send("agents", order(carrier, job))
        carrier.flush()
        wait_for(lambda: len(taken) == 20)
    assert sorted(job for job, _ in taken) == list(range(1, 21))
    received = carrier.receive(1.0)
    assert [report for _, report in received if isinstance(report, Beat)] == [report for _, report in received]
    assert len(received) == 20
    assert not noted, "the broker kept book of messages that it is never to carry again"
    client.close()
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
    assert not line.take(carrier.campaign, "w", 1)


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
    carrier.send("agents", order(carrier, 1))
    with pytest.raises(ServiceError, match="is away"):
        carrier.flush()
    carrier.close()


def test_messages_are_those_that_celery_writes(broker: str, carrier: Carrier) -> None:
    queue, app, client = f"q{time.time_ns()}", make_app(broker), connect(broker)
    text = write_order(order(carrier, 1))
    app.send_task(TASK, args=[text], queue=queue, ignore_result=True)
    client.lpush(queue, Writer(TASK, queue).write(text))
    ours, theirs = (json.loads(message) for message in client.lrange(queue, 0, -1))
    client.close()
    pools.reset()  # type: ignore[no-untyped-call]  # kombu has no annotations there
    app.close()
    assert json.loads(base64.b64decode(ours["body"])) == json.loads(base64.b64decode(theirs["body"]))
    # Ids differ each time; the others tell people who sent what, and where an answer would go that nobody waits for.
    for part, names in (
        ("headers", ("id", "root_id", "origin", "argsrepr")),
        ("properties", ("correlation_id", "delivery_tag", "delivery_info", "reply_to")),
    ):
        for name in names:
            assert type(ours[part].pop(name)) is type(theirs[part].pop(name))
    assert {**ours, "body": ""} == {**theirs, "body": ""}


def test_orders_are_sent_together_before_reports_are_read(broker: str, carrier: Carrier) -> None:
    client = connect(broker)
    before = client.llen("builds")
    for job in (1, 2, 3):
        carrier.send("builds", order(carrier, job))
    assert client.llen("builds") == before
    assert carrier.receive(0.01) == []
    assert client.llen("builds") == before + 3
    assert {int(job) for job in client.smembers(board_key(carrier.campaign))} == {1, 2, 3}
    client.delete("builds")
    client.close()


def test_an_order_that_the_broker_carries_twice_is_taken_once(carrier: Carrier, line: Line) -> None:
    carrier.restrict([1, 2])
    assert line.take(carrier.campaign, "one", 1)
    assert not line.take(carrier.campaign, "one", 1)
    assert not line.take(carrier.campaign, "another", 1)
    carrier.restrict([1, 2])
    assert not line.take(carrier.campaign, "another", 1)
    assert line.take(carrier.campaign, "another", 2)
