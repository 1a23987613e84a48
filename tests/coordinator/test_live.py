from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from agents import Usage
from blueprint import NodeState
from blueprint.snapshot import FailureRecord, NodeProgress, PullRequestRecord, Snapshot
from coordinator.store import items, jobs
from coordinator.store.kept import set_meta
from coordinator.store.store import Store
from coordinator.views.live import draw, one_line
from coordinator.views.under_way import RunningJob, UnderWay, look_at_jobs
from tests.support.books import book, node
from tests.support.campaigns import blueprover, small_campaign

if TYPE_CHECKING:
    from pathlib import Path


def test_headings_are_shown_as_they_are_and_never_command_the_terminal() -> None:
    made = book(replace(node("a"), heading="on [a,b] [/x] \x1b[2J\x9b2J\u202e"))
    progress = {"a": NodeProgress("a", NodeState.READY, "Book.A", "Book.a", active="stating")}
    console = Console(file=io.StringIO(), width=100)
    failure = FailureRecord("a", "proof", "lean", "no\x1b[2J [/x]\n\u202e", 0.0)
    landed = PullRequestRecord(1, "a", "statement", "landed", 1, "b" * 40, closed_at=1.0)
    snapshot = Snapshot(
        "[/red]\x1b[2J", "running", made, progress, failures=(failure,), pull_requests=(landed,), paused=True
    )
    console.print(draw(snapshot, UnderWay({"attempt": 1}, (RunningJob("attempt", "a", "proof", 5.0),)), height=40))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "on [a,b] [/x]" in shown
    assert "[/red]" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 30), (120, 50), (60, 24)])
def test_the_screen_fits_the_terminal_and_is_as_high_however_much_goes_on(width: int, height: int) -> None:
    nodes = [replace(node(f"thm:a-node-with-a-long-label-{number}"), number=f"12.{number}") for number in range(20)]
    made = book(*nodes)
    progress = {each.label: NodeProgress(each.label, NodeState.READY, "Book.A", f"Book.{each.label}") for each in nodes}
    running = tuple(RunningJob("review", each.label, "proof", 4000.0) for each in nodes)
    heights = set()
    for held in ((), running[:1], running):
        console = Console(file=io.StringIO(), width=width)
        failures = tuple(FailureRecord(job.label, "proof", "review", "No. " * 50, 0.0) for job in held)
        snapshot = Snapshot("Mine", "running", made, progress, failures=failures)
        lines = console.render_lines(draw(snapshot, UnderWay({"review": len(held)}, held, 1.5), height))
        heights.add(len(lines))
        assert all(sum(segment.cell_length for segment in line) == width for line in lines)
        text = "".join(segment.text for line in lines for segment in line)
        assert "$1.50 an hour" in text
        assert ("and " in text) == (len(held) > 1)
    assert len(heights) == 1
    assert heights.pop() < height


def test_what_runs_is_told_with_its_node_and_time_and_money_by_the_hour(store: Store) -> None:
    with store.begin() as transaction:
        items.seed_items(transaction, book(node("a")))
        set_meta(transaction, "began", 1000.0)
        about = {"now": 1000.0, "lease_seconds": 9.0, "base": "b" * 40}
        first, _ = (jobs.send_job(transaction, "attempt", item=number, **about) for number in (1, 2))  # type: ignore[arg-type]
        audit = jobs.send_job(transaction, "audit", **about)  # type: ignore[arg-type]
        jobs.take_jobs(transaction, "w", [first, audit], 1000.0)
    seen = look_at_jobs(store, 1090.0)
    assert seen.jobs == (RunningJob("attempt", "a", "statement", 90.0), RunningJob("audit", "", None, 90.0))
    assert (seen.counts, seen.dollars_an_hour) == ({"attempt": 2, "audit": 1}, 0.0)
    with store.begin() as transaction:
        jobs.claim_end(transaction, first, "gave_up", "", Usage(cost_usd=0.5), 1090.0)
    assert look_at_jobs(store, 1090.0).dollars_an_hour == pytest.approx(0.5 / (90 / 3600))
    assert look_at_jobs(store, 1000.0 + 7200.0).dollars_an_hour == 0.0


def test_a_paused_campaign_says_so_in_its_line() -> None:
    assert one_line(Snapshot("Mine", "running", book(node("a")), {}, paused=True)).endswith("$0.00; paused")


def test_status_shows_reasons_that_are_empty_or_hostile(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "of [/a] book")
    store = Store(folder / "store.sqlite", writable=True)
    with store.begin() as transaction:
        items.seed_items(transaction, book(node("a")))
        for reason in ("", "\n\n", "\x1b]0;gone\x07[/b] no"):
            items.record_failure(transaction, 1, "lean", reason, 0.0)
    store.close()
    answer = blueprover("status", str(folder), timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "[/b] no" in answer.stdout
    assert "\x1b" not in answer.stdout
