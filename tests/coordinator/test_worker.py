from __future__ import annotations

from typing import TYPE_CHECKING

import redis

from agents import Usage
from coordinator.work.carrier import Carrier
from coordinator.work.host import HostSettings
from coordinator.work.orders import AuditOrder, Envelope, write_order
from coordinator.work.reports import Beat, BuildEnded
from coordinator.work.worker import Worker
from coordinator.work.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from coordinator.work.reports import Report


def test_a_report_is_kept_while_the_broker_is_away(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = Workshop(HostSettings(tmp_path, sandbox="none"))
    worker = Worker(broker, "builds", 1, workshop, heartbeat_seconds=0.05)
    carrier = Carrier(broker, f"kept-{tmp_path.name}")
    order = AuditOrder(Envelope(7, carrier.campaign, "", "", "L", (), ()), ())
    carrier.restrict([7])
    ended, send, failures = BuildEnded(7, accepted=False), worker._line.report, [3]
    monkeypatch.setattr(worker._workshop, "carry_out", lambda *_: ended)

    def falter(campaign: str, report: Report) -> None:
        if not isinstance(report, Beat) and failures[0]:
            failures[0] -= 1
            raise redis.ConnectionError("away")
        send(campaign, report)

    monkeypatch.setattr(worker._line, "report", falter)
    worker.take(write_order(order))
    assert ended in [report for _, report in carrier.receive(1.0)]
    worker._line.close()
    carrier.close()


def test_heartbeats_tell_what_an_agent_has_used_as_long_as_that_is_news(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = Workshop(HostSettings(tmp_path, sandbox="none"))
    worker = Worker(broker, "agents", 1, workshop, heartbeat_seconds=0.05)
    carrier = Carrier(broker, f"used-{tmp_path.name}")
    order = AuditOrder(Envelope(7, carrier.campaign, "", "", "L", (), ()), ())
    carrier.restrict([7])
    used = Usage(input_tokens=5, calls=1, cost_usd=0.25)

    def act(_: object, __: object, note: Callable[[Usage], None]) -> BuildEnded:
        worker._beat(carrier.campaign)
        note(used)
        worker._beat(carrier.campaign)
        worker._beat(carrier.campaign)
        return BuildEnded(7, accepted=False)

    monkeypatch.setattr(worker._workshop, "carry_out", act)
    worker.take(write_order(order))
    beats = [report for _, report in carrier.receive(1.0) if isinstance(report, Beat)]
    assert [beat.spent for beat in beats] == [{}, {}, {7: used}, {}]  # the first tells that the job was taken
    worker._line.close()
    carrier.close()
