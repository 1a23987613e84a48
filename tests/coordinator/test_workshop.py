from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agents import Assignment, NodeBrief, Outcome, Usage
from checker import Layout
from coordinator.messages import AgentOrder, AttemptEnded, Envelope, ModelAccess
from coordinator.workshop import HostSettings, Workshop

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository

SPENT = Usage(input_tokens=5, cost_usd=0.25)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop whose agents hand in at once what they found."""
    made = Workshop(HostSettings(tmp_path / "worker", sandbox="none"))
    monkeypatch.setattr(made, "_run_agent", lambda *_: Outcome("submitted", "done\0", usage=SPENT))
    return made


def order(hub: Repository, ref: str) -> AgentOrder:
    envelope = Envelope(7, "key", str(hub.path), hub.head() or "", "Book", (), ())
    node = NodeBrief("thm:a", "theorem", "", "", "", "", "Book.a", "Book.Main.A")
    assignment = Assignment("author", "statement", node, "rehearsal", Layout("Book", (), ()))
    return AgentOrder(envelope, assignment, ModelAccess(None, "KEY", rehearsal=True), ref=ref)


def test_what_an_attempt_cost_is_told_although_its_branch_could_not_be_pushed(
    workshop: Workshop, hub: Repository
) -> None:
    report = workshop.carry_out(order(hub, "refs/tags/not-allowed"), lambda: False)
    assert isinstance(report, AttemptEnded)
    assert report.ending == "failed"
    assert "refs/tags/not-allowed" in report.summary
    assert report.usage == SPENT


def test_a_branch_is_pushed_whatever_bytes_its_summary_holds(workshop: Workshop, hub: Repository) -> None:
    report = workshop.carry_out(order(hub, "refs/attempts/a/1"), lambda: False)
    assert isinstance(report, AttemptEnded)
    assert report.ending == "submitted"
    assert hub.head("refs/attempts/a/1") == report.head
