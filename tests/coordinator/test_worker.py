from __future__ import annotations

from typing import TYPE_CHECKING

import redis

from coordinator.work.carrier import Carrier
from coordinator.work.host import HostSettings
from coordinator.work.messages import AuditOrder, Beat, BuildEnded, Envelope, write_order
from coordinator.work.worker import Worker
from coordinator.work.workshop import Workshop

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from coordinator.work.messages import Report


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
