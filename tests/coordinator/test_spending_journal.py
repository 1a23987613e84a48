"""The journal of what is spent: whatever becomes of its file, no more is forgotten than the lines that are gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import Settings
from coordinator.errors import StoreError
from coordinator.schedule.budget import Money
from coordinator.store.items import seed_items
from coordinator.store.jobs import claim_end, reap_job, revoke_job, send_job
from coordinator.store.journal import Journal
from coordinator.store.journal_lines import Told, is_ahead, note_read, read_journal
from coordinator.store.ledger import Ledger
from coordinator.store.store import Store
from tests.support.books import book, node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Desk:
    """A store with a journal beside it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "spending.jsonl"
        self.store = Store(folder / "store.sqlite", writable=True)
        made = book(node("a"), node("b"))
        with self.store.begin() as transaction:
            seed_items(transaction, made)
        self.ledger = Ledger(self.store, DependencyGraph(made), Settings())
        self.begin()

    def begin(self) -> None:
        self.journal = Journal(self.file, self.ledger, 5.0)

    def send(self, number: int, cap_usd: float = 1.0) -> int:
        with self.ledger.begin() as transaction:
            told: dict[str, Any] = {"item": 1, "number": number, "base": "", "cap_usd": cap_usd}
            return send_job(transaction, "attempt", now=10.0 + number, lease_seconds=9.0, **told)

    def end(self, job: int, usd: float) -> None:
        with self.ledger.begin() as transaction:
            claim_end(transaction, job, "gave_up", "", Usage(7, 5, cost_usd=usd), 20.0)

    def told(self) -> dict[int, tuple[float, bool]]:
        return {each.job: (each.usd, each.is_reckoned) for each in read_journal(self.file).expenses}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()
    made.store.close()


def test_what_is_under_way_counts_with_its_cap_and_what_has_ended_with_its_cost(desk: Desk) -> None:
    ended, lost, revoked, late, under_way = (desk.send(number) for number in range(1, 6))
    desk.end(ended, 0.25)
    with desk.ledger.begin() as transaction:
        reap_job(transaction, lost, 30.0, blame=None)
        revoke_job(transaction, revoked, "Nobody wants it.", 30.0)
        revoke_job(transaction, late, "Nobody wants it.", 30.0)
    desk.end(late, 0.5)
    assert desk.told() == {
        ended: (0.25, False),
        lost: (0.0, False),
        revoked: (0.0, False),
        late: (0.5, False),
        under_way: (1.0, True),
    }
    (first, *_) = read_journal(desk.file).expenses
    assert (first.label, first.stage, first.number) == ("a", "statement", 1)
    assert (first.kind, first.ending) == ("attempt", "gave_up")
    assert (first.input_tokens, first.output_tokens, first.sent_at, first.ended_at) == (7, 5, 11.0, 20.0)


def test_of_a_job_under_way_it_is_known_to_a_tenth_what_it_had_used(desk: Desk) -> None:
    job = desk.send(1, cap_usd=2.0)
    call = Money(0.125, 1000.0)
    for usd, known in ((0.125, 0.2), (0.25, 0.45), (0.375, 0.45), (1.75, 1.95)):
        desk.journal.note_told({job: Usage(40, 2, cost_usd=usd), job + 1: Usage(cost_usd=9.0)})
        (expense,) = read_journal(desk.file).expenses
        assert expense.told.usd == pytest.approx(known)
        assert expense.told.usd >= usd
        assert expense.usd == 2.0
        assert expense.within(call).usd == pytest.approx(min(known + 0.125, 2.0))
    assert expense.within(call).input_tokens == 1042
    assert desk.file.read_bytes().count(b"\n") == 4, "a line more for each tenth"
    desk.end(job, 1.875)
    (expense,) = read_journal(desk.file).expenses
    assert expense.within(call) == expense
    assert expense.usd == 1.875


def test_a_journal_that_is_begun_in_the_middle_knows_what_is_under_way_and_says_since_when(desk: Desk) -> None:
    known = desk.send(1)
    desk.journal.close()
    desk.file.unlink()
    desk.begin()
    assert read_journal(desk.file).since == 5.0
    assert desk.told() == {known: (1.0, True)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.integers(0, 2000), junk=st.binary(max_size=80))
def test_a_line_that_is_cut_off_makes_a_job_count_for_more_or_was_never_sent(
    desk: Desk, gone: int, junk: bytes
) -> None:
    if not desk.told():
        for number in range(1, 6):
            desk.end(desk.send(number), number / 8)
    whole = desk.file.read_bytes()
    torn = desk.file.with_name("torn")
    torn.write_bytes(whole[: max(len(whole) - gone, 0)] + b"\n" + junk + b"\n")
    costs = desk.told()
    for expense in read_journal(torn).expenses:
        assert (expense.usd, expense.is_reckoned) in (costs[expense.job], (1.0, True))


@pytest.mark.parametrize(
    "line",
    [
        "[" * 9000,
        "NaN",
        '{"job": true, "sent": 1, "ended": 2}',
        '{"job": 1, "sent": NaN, "ended": 2}',
        '{"job": 1, "sent": 1, "ended": 2, "cost_usd": 1e999}',
        '{"job": 1, "sent": 1, "kind": "audit", "label": "", "stage": "", "number": 1, "cap_usd": 1, "cap_tokens": 0}',
        '{"job": 1, "sent": 1, "kind": "attempt"}',
        '{"job": 7, "sent": 1, "ended": 2}',
        "x" * 200_000,
    ],
)
def test_lines_that_make_no_sense_are_counted_and_left_out(desk: Desk, line: str) -> None:
    desk.end(desk.send(1), 0.25)
    before = desk.told()
    with desk.file.open("a") as file:
        file.write(f"{line}\n")
    assert desk.told() == before
    assert read_journal(desk.file).unread >= 1
    with desk.store.begin() as transaction:
        is_ahead(transaction, desk.file)


def test_a_coordinator_killed_in_the_middle_of_a_line_is_followed_by_one_that_begins_another(desk: Desk) -> None:
    desk.send(1)
    desk.journal.close()
    begun = "os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND), b'[1,')"
    killed = f"import os, sys; {begun}; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed, str(desk.file)], check=False)
    desk.ledger.listeners.clear()
    desk.begin()
    desk.end(desk.send(2), 0.125)
    assert desk.told() == {1: (1.0, True), 2: (0.125, False)}
    assert read_journal(desk.file).unread == 1


def test_a_journal_that_cannot_be_written_stops_the_campaign_with_a_sentence(desk: Desk) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, desk.journal._handle)
    os.close(full)
    with pytest.raises(StoreError, match=r"spending.jsonl cannot be written \(No space left on device\)"):
        desk.send(1)
    desk.ledger.listeners.clear()
    desk.begin()


def test_a_store_that_is_older_than_its_journal_is_known_by_its_end(desk: Desk) -> None:
    job = desk.send(1)
    with desk.store.begin() as transaction:
        assert not is_ahead(transaction, desk.file)
        assert not is_ahead(transaction, desk.file.with_name("none"))
    line = {"job": job, "sent": 11.0, "ended": 12.0, "ending": "gave_up"}
    for ahead in (line, {**line, "sent": 99.0}, {**line, "job": job + 1}):
        other = desk.file.with_name("other")
        other.write_text(f"{json.dumps(ahead)}\n")
        with desk.store.begin() as transaction:
            assert is_ahead(transaction, other)
            note_read(transaction, read_journal(other))
            assert not is_ahead(transaction, other)
            note_read(transaction, read_journal(desk.file))  # of another, longer one
            assert is_ahead(transaction, other)
            note_read(transaction, Told())
