from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents import Assignment, NodeBrief, Usage
from checker import Layout
from coordinator.campaign.settings import ModelPrice
from coordinator.queue import ModuleRecord
from coordinator.work.orders import (
    AgentOrder,
    AuditOrder,
    BuildOrder,
    Envelope,
    ModelAccess,
    Order,
    read_order,
    write_order,
)
from coordinator.work.reports import (
    AttemptEnded,
    AuditEnded,
    Beat,
    BuildEnded,
    Report,
    ReviewEnded,
    read_report,
    write_report,
)

ENVELOPE = Envelope(7, "key", "/hub.git", "a" * 40, "Lib", ("Lib/Base",), ("Lib/Helpers",))
BRIEF = NodeBrief("thm:a", "theorem", "1.1", "", "$x$", "", "Lib.a", "Lib.C.A")
RECORD = ModuleRecord("s", "i", {"Lib.B": "digest"})

ORDERS: list[Order] = [
    AgentOrder(
        ENVELOPE,
        Assignment("author", "proof", BRIEF, "model", Layout("Lib", ("Lib/Base",)), lock="digest"),
        ModelAccess(None, "KEY", rehearsal=False, prices={"m": ModelPrice(input=1, output=2)}),
        ref="refs/attempts/a-1/1",
    ),
    BuildOrder(ENVELOPE, "b" * 40, "proof", "Lib.a", "Lib.C.A", False, "lock"),
    AuditOrder(ENVELOPE, ("Lib.a",)),
]
REPORTS: list[Report] = [
    Beat("host-1", (1, 2)),
    AttemptEnded(7, "submitted", "done", Usage(1, 2, cost_usd=0.1), "c" * 40),
    ReviewEnded(7, "verdict", "", Usage(), "r", "approve", "fine", "c" * 40),
    BuildEnded(7, accepted=True, lock="l", axioms=("propext",), assumes=("Lib.b",), modules={"Lib.C.A": RECORD}),
    AuditEnded(7, "", {"Lib.a": ()}, {"Lib.C.A": RECORD}),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)
def test_an_order_survives_the_broker(order: Order) -> None:
    assert read_order(write_order(order)) == order


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.kind)
def test_a_report_survives_the_broker(report: Report) -> None:
    assert read_report(write_report(report)) == report


@given(st.text())
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        read_report(text)
