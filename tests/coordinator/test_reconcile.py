"""The loop, with a real broker, hub and store, a clock of the test's own, and no workers but the test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agents import Usage
from coordinator.views.snapshot import look_once, take_snapshot
from coordinator.views.status import status_of
from coordinator.work.carrier import board_key
from coordinator.work.reports import AttemptEnded, AuditEnded, Beat
from tests.support.loops import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEASE, HEARTBEAT = 15.0, 2.0
"""As the demo's settings say."""


@pytest.fixture
def loop(tmp_path: Path, broker: str) -> Iterator[Loop]:
    made = Loop(tmp_path / "campaign", broker)
    made.step()
    yield made
    made.close()


def test_the_first_round_of_a_run_waits_for_no_report_before_it_decides(loop: Loop) -> None:
    loop.begin_again()
    loop.coordinator.step(patience=3600.0)
    assert loop.jobs


def test_a_lease_runs_out_by_the_clock_of_a_coordinator_that_was_there(loop: Loop) -> None:
    (audit,) = loop.jobs
    for _ in range(4):
        loop.step(LEASE / 3)
    (again,) = loop.jobs
    assert again != audit


def test_a_coordinator_that_was_away_itself_takes_back_no_lease_at_once(loop: Loop) -> None:
    before = loop.jobs
    loop.step(3600.0)
    assert loop.jobs == before
    for _ in range(4):
        loop.step(LEASE / 3)
    assert loop.jobs != before


def test_an_end_is_heard_however_many_heartbeats_came_before_it(loop: Loop) -> None:
    (audit,) = loop.jobs
    loop.report(*(Beat("elsewhere", ()) for _ in range(600)), AuditEnded(audit, ""))
    loop.step()
    assert loop.state.audited == loop.state.main
    assert audit not in loop.jobs


def test_an_audit_by_another_lean_than_the_runs_is_no_answer_and_status_tells_whose_it_is(loop: Loop) -> None:
    (audit,) = loop.jobs
    loop.report(AuditEnded(audit, "", lean="Lean of the first"))
    loop.step()
    shown = take_snapshot(loop.campaign, loop.campaign.read_book(), loop.store, sources=False)
    assert status_of(shown)["lean"] == "Lean of the first"
    looked, _ = look_once(loop.campaign, loop.store)
    assert replace(looked, taken_at=shown.taken_at) == shown
    loop.push_to_main()
    loop.step()
    (again,) = (job.id for job in loop.state.jobs if job.kind == "audit")
    loop.report(AuditEnded(again, "", lean="Lean of another"))
    loop.step()
    assert loop.state.audited != loop.state.main
    assert [error.partition(",")[0] for error in loop.state.audit_errors] == ["A worker answered with Lean of another"]


def test_a_broker_that_forgot_which_jobs_are_live_is_told_again(loop: Loop) -> None:
    (audit,) = loop.jobs
    loop.client.delete(board_key(loop.key))
    loop.step(HEARTBEAT)
    assert loop.line.lost(loop.key, [audit]) == set()


def test_a_broker_that_died_is_held_against_no_job(loop: Loop) -> None:
    loop.report(Beat("w", tuple(loop.jobs)))
    loop.step()
    loop.services.lost = ["broker", "agents", "builds"]
    loop.step()
    assert not loop.state.audit_errors
    loop.report(Beat("w", tuple(loop.jobs)))
    loop.step()
    loop.services.lost = ["builds"]
    loop.step()
    assert list(loop.state.audit_errors) == ["The worker went away."]


def test_what_stopped_agents_have_spent_is_counted(loop: Loop) -> None:
    loop.report(AuditEnded(loop.jobs[0], ""))
    loop.step()
    first = loop.jobs[0]
    loop.report(Beat("w", (first,)))
    loop.step()
    loop.services.on_drain = lambda: loop.report(AttemptEnded(first, "cancelled", "", Usage(cost_usd=0.5)))
    told = loop.coordinator.stop()
    assert len(told) > 1
    assert loop.state.spent_usd == 0.5
    assert loop.jobs == []
    assert all(item.attempts == 0 for item in loop.state.items.values())
