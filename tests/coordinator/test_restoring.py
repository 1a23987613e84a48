"""A store that is put back: what was spent since its backup counts, and no attempt takes the place of an older one."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from agents import Usage
from coordinator.campaign.campaign import Campaign
from coordinator.cli.app import app
from coordinator.engine.capacity import dearest_call
from coordinator.engine.dispatch import slug_of
from coordinator.engine.restoring import restore_campaign
from coordinator.git import BLUEPROVER, Contribution, Trailers, attempt_ref, resolution_ref
from coordinator.store.backups import back_up
from coordinator.store.expenses import Booked, Expense, book_expenses
from coordinator.store.found import FoundLanding, take_up_landing
from coordinator.store.journal import journal_of
from coordinator.store.loading import load_state
from coordinator.store.schema import jobs
from coordinator.store.store import Store
from coordinator.work.reports import AttemptEnded, AuditEnded, Beat
from tests.support.campaigns import small_campaign
from tests.support.loops import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.schedule.state import Job

_LEASE = 15.0


@pytest.fixture
def loop(tmp_path: Path, broker: str) -> Iterator[Loop]:
    """A campaign whose first attempts have been sent."""
    made = Loop(tmp_path / "campaign", broker)
    made.step()
    made.report(AuditEnded(made.jobs[0], ""))
    made.step()
    yield made
    made.close()


def attempts(loop: Loop) -> list[Job]:
    return [job for job in loop.state.jobs if job.kind == "attempt"]


def fail(loop: Loop, job: Job, usd: float) -> None:
    """Let an attempt come to nothing, and send the next one at its item."""
    loop.report(Beat("w", (job.id,)))
    loop.step()
    loop.report(AttemptEnded(job.id, "gave_up", "It is too hard.", Usage(7, 5, cost_usd=usd)))
    loop.step()
    loop.step(60.0)


def push(loop: Loop, ref: str, usd: float) -> str:
    """Do as an agent's bench that pushes what an attempt made."""
    message = Trailers(node="x", cost=f"${usd:.4f}").onto("What it made")
    return loop.campaign.hub.contribute(Contribution(loop.campaign.main(), {}, message, BLUEPROVER, ref))


def cut_off(store: Path) -> None:
    """Do as a disk that breaks."""
    store.write_bytes(store.read_bytes()[:4096])


def restore(loop: Loop, backup: Path, *options: str) -> str:
    """What the command says."""
    told = CliRunner().invoke(app, ["restore", str(loop.campaign.folder), "--from", str(backup), *options])
    assert told.exit_code == 0, (told.output, told.exception)
    return told.output


def spent(store: Path) -> float:
    """What counts as spent."""
    with closing(Store(store, writable=False)) as opened, opened.begin() as transaction:
        return load_state(transaction).spent_usd


def lived(loop: Loop) -> Path:
    """Let a campaign be backed up, then spend $0.75 on two attempts that fail and leave one more under way."""
    backup = loop.campaign.folder / "before.sqlite"
    back_up(loop.campaign.store_path, backup)
    first, *_ = attempts(loop)
    fail(loop, first, 0.5)
    second = next(job for job in attempts(loop) if job.item == first.item)
    fail(loop, second, 0.25)
    assert spent(loop.campaign.store_path) >= 0.75
    return backup


def at_most(loop: Loop, part: float = 0.0) -> float:
    """What attempts under way may have spent that have told nothing yet: one call, and a `part` of their cap."""
    call = dearest_call(loop.campaign.settings).usd
    return sum(min(part * job.cap_usd + call, job.cap_usd) for job in attempts(loop))


def lose(store: Path) -> None:
    for file in store.parent.glob("store.sqlite*"):
        file.unlink()


def leave_whole(_: Path) -> None:
    """The campaign is set back for another reason."""


DAMAGES = {"whole": leave_whole, "cut off": cut_off, "gone": lose}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_attempts_cost_that_came_to_nothing_after_the_backup_counts_and_numbers_go_on(
    loop: Loop, damage: str
) -> None:
    item = attempts(loop)[0].item
    backup = lived(loop)
    at_work = [(job.item, job.number) for job in attempts(loop)]
    (last,) = [number for at, number in at_work if at == item]
    assert last == 3
    most = at_most(loop, 0.0 if damage == "whole" else 0.1)
    loop.kill()
    DAMAGES[damage](loop.campaign.store_path)
    said = restore(loop, backup)
    assert "may have been spent" not in said
    assert spent(loop.campaign.store_path) == pytest.approx(0.75 + most)
    loop.start_again()
    loop.step()
    assert loop.state.spent_usd == pytest.approx(0.75 + most)
    assert all(each.attempts <= 1 for each in loop.state.items.values()), "they count against no item"
    sent = {(job.item, job.number) for job in attempts(loop)}
    assert (item, last + 1) in sent
    assert not sent & set(at_work)


def test_workers_elsewhere_that_go_on_unheard_may_spend_all_that_they_were_allowed(tmp_path: Path, broker: str) -> None:
    loop = Loop(tmp_path / "campaign", broker, broker={"url": broker})
    loop.step()
    loop.report(AuditEnded(loop.jobs[0], ""))
    loop.step()
    backup = lived(loop)
    caps = sum(job.cap_usd for job in attempts(loop))
    loop.kill()
    assert f"the ${caps:,.2f} that they may have spent at most counts" in restore(loop, backup)
    assert spent(loop.campaign.store_path) == pytest.approx(0.75 + caps)
    loop.start_again()
    loop.close()


def test_restoring_again_and_again_counts_nothing_twice(loop: Loop) -> None:
    backup = lived(loop)
    loop.kill()
    restore(loop, backup)
    once = spent(loop.campaign.store_path)
    assert "is counted" in restore(loop, backup)
    assert spent(loop.campaign.store_path) == once
    cut_off(loop.campaign.store_path)
    restore(loop, backup)
    assert spent(loop.campaign.store_path) == once
    loop.start_again()
    loop.step()
    assert loop.state.spent_usd == pytest.approx(once)


def test_a_backup_that_a_person_copied_by_hand_is_caught_up_when_the_campaign_runs(loop: Loop) -> None:
    backup = lived(loop)
    most = at_most(loop, 0.1)
    loop.kill()
    lose(loop.campaign.store_path)
    shutil.copy(backup, loop.campaign.store_path)
    loop.start_again()
    loop.step()
    assert loop.state.spent_usd == pytest.approx(0.75 + most)


def test_where_nothing_is_left_the_hub_s_branches_count_and_the_rest_is_said(loop: Loop) -> None:
    backup = lived(loop)
    first = attempts(loop)[0]
    assert first.item is not None
    slug = slug_of(loop.state.by_id[first.item].label, first.item)
    old = {ref: push(loop, ref, 0.125) for ref in (attempt_ref(slug, 7), resolution_ref(slug, 900))}
    loop.kill()
    cut_off(loop.campaign.store_path)
    journal_of(loop.campaign.store_path).unlink()
    said = restore(loop, backup)
    assert "Of 2 jobs since then $0.25 that the backup does not know of is counted." in said
    assert "up to $19.75 may have been spent since the backup and is not counted" in said
    assert "lower `budget_usd`" in said
    loop.start_again()
    loop.step()
    assert loop.state.spent_usd == pytest.approx(0.25)
    again = next(job for job in attempts(loop) if job.item == first.item)
    assert again.number == 8
    assert again.id > 900, "a resolver's branch is named after its job"
    assert {ref: loop.campaign.hub.head(ref) for ref in old} == old


@pytest.mark.parametrize("cost", [0.75, 1.0])
def test_a_landing_that_is_found_costs_what_it_cost_once(loop: Loop, cost: float) -> None:
    """Its attempt and one of its reviews were found before; its commit tells of all."""
    item = next(iter(loop.state.items.values()))
    told = [
        Expense(0, "attempt", item.label, item.stage, 5, 10.0, 11.0, "submitted", usd=0.5),
        Expense(0, "review", item.label, item.stage, 0, 12.0, 13.0, "verdict", usd=0.25),
    ]
    found = FoundLanding("a" * 40, "b" * 40, "c" * 40, item.label, item.stage, "9", attempt=5, cost_usd=cost)
    with loop.store.begin() as transaction:
        assert book_expenses(transaction, told, 20.0) == Booked(2, 0.75)
        assert take_up_landing(transaction, found, 30.0)
        assert transaction.execute(select(func.sum(jobs.c.cost_usd))).scalar_one() == pytest.approx(cost)


_KILLED = """
import os, sys
from pathlib import Path
from coordinator.campaign.campaign import Campaign
from coordinator.engine import restoring
def killed(transaction, hub, now):
    transaction.write_out()
    os.kill(os.getpid(), 9)
restoring.book_branches = killed
restoring.restore_campaign(Campaign.open(Path(sys.argv[1])), Path(sys.argv[2]), 5.0)
"""


def test_a_restoration_that_is_killed_has_not_happened_and_can_be_done_again(loop: Loop) -> None:
    backup = lived(loop)
    most = at_most(loop)
    loop.kill()
    before = loop.campaign.store_path.read_bytes()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(loop.campaign.folder), str(backup)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert loop.campaign.store_path.read_bytes() == before
    restore(loop, backup)
    assert spent(loop.campaign.store_path) == pytest.approx(0.75 + most)
    assert not list(loop.campaign.folder.glob("*.part*"))
    loop.start_again()


def test_a_backup_from_before_the_store_knew_of_any_node_is_told_of_all(loop: Loop) -> None:
    empty = loop.campaign.folder / "empty.sqlite"
    Store(empty, writable=True).close()
    lived(loop)
    most = at_most(loop)
    at_work = numbers(loop)
    loop.kill()
    restore(loop, empty)
    loop.start_again()
    loop.step()
    loop.report(AuditEnded(loop.jobs[0], ""))
    loop.step()
    assert loop.state.spent_usd == pytest.approx(0.75 + most)
    assert numbers(loop) == {label: number + 1 for label, number in at_work.items()}


def test_a_store_of_the_first_version_can_be_put_back_and_tells_what_it_knows(tmp_path: Path) -> None:
    campaign = Campaign.open(small_campaign(tmp_path / "c"))
    script = Path(__file__).parents[1] / "support" / "store_version_1.sql"
    older, store = tmp_path / "older.sqlite", campaign.store_path
    for file in (older, store):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script.read_text(encoding="utf-8"))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("UPDATE jobs SET cost_usd = cost_usd + 1 WHERE cost_usd > 0")
        connection.commit()
    restored = restore_campaign(campaign, older, 5.0)
    assert (restored.booked, restored.uncounted_usd) == (Booked(2, 2.0), 0.0)
    assert spent(store) == 2.75
    assert not list(campaign.folder.glob("backups/*")), "the backup itself is there"


def numbers(loop: Loop) -> dict[str, int]:
    """Numbers of the attempts under way, by the label of their node."""
    return {loop.state.by_id[job.item or 0].label: job.number for job in attempts(loop)}
