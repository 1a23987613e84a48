"""Audits of ``main`` while others land: real git, store and scheduler; the auditor is the test."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import Settings
from coordinator.engine.dispatch import Dispatcher
from coordinator.queue import ModuleRecord
from coordinator.schedule.actions import Capacity, Finish, Land, StartAudit, StartBackgroundAudit
from coordinator.schedule.scheduler import decide
from coordinator.schedule.state import CampaignState, Item
from coordinator.store import audits, jobs
from coordinator.store.kept import set_meta
from coordinator.store.loading import load_modules, load_state
from coordinator.store.store import Store
from coordinator.views.failing import failing_items
from coordinator.views.history import History
from coordinator.work.reports import AuditEnded
from tests.support.approved_branches import Bench
from tests.support.campaigns import small_campaign
from tests.support.commands import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.schedule.actions import Action
    from coordinator.schedule.state import JobKind
    from coordinator.store.ledger import Ledger

SETTINGS = Settings(audit_every=4)
BROKEN = "broken\n"


class Yard:
    """Branches that land as they come, and audits that read the tree: a file that says ``broken`` is wrong."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.audited: list[str] = []

    @property
    def ledger(self) -> Ledger:
        return self.bench.ledger

    def land(self, number: int, text: str = "fine\n") -> str:
        """Lands a branch that the builders certified on the tip, rightly or not; returns its commit."""
        self.bench.propose(f"n{number}", {f"L/N{number}.lean": text})
        assert self.bench.look().landed
        return self.bench.hub.head() or ""

    def decide(self) -> list[Action]:
        with self.bench.store.begin() as transaction:
            assert self.ledger.state.trail == load_state(transaction).trail
        return decide(self.ledger.state, self.ledger.readiness, SETTINGS, Capacity(0, 2), self.bench.now)

    def send(self, action: StartBackgroundAudit | StartAudit) -> int:
        kind: JobKind = "audit" if isinstance(action, StartAudit) else "background_audit"
        base, number = self.ledger.state.main, 1
        if isinstance(action, StartBackgroundAudit):
            base, number = action.commit, action.landing
            self.audited.append(base)
        with self.ledger.begin() as transaction:
            return jobs.send_job(transaction, kind, now=self.bench.now, lease_seconds=9.0, base=base, number=number)

    def answer(self, job: int, *, error: str = "") -> None:
        found = self.ledger.state.job(job)
        assert found is not None
        texts = {path: self.bench.text(found.base, path) for path in self.bench.hub.blobs(found.base)}
        wrong = sorted(path for path, text in texts.items() if text == BROKEN)
        problem = f"{', '.join(wrong)} does not build." if wrong else ""
        with self.ledger.begin() as transaction:
            modules = load_modules(transaction)
            audits.end_audit(transaction, AuditEnded(job, problem, modules=modules, error=error), self.bench.now)

    def search(self) -> Finish:
        """Does what is decided, as far as it concerns audits, until the campaign ends."""
        for _ in range(12):
            actions = self.decide()
            for action in actions:
                if isinstance(action, Finish):
                    return action
                assert not isinstance(action, Land)
                if isinstance(action, StartBackgroundAudit | StartAudit):
                    self.answer(self.send(action))
        raise AssertionError("it does not come to an end")


@pytest.fixture
def yard(hub: Repository, tmp_path: Path) -> Iterator[Yard]:
    with closing(Store(tmp_path / "store.sqlite", writable=True)) as store:
        made = Bench(hub, store, tmp_path)
        made.push({"L/Ground.lean": "ground\n"})
        yield Yard(made)


def audits_of(actions: list[Action]) -> list[StartBackgroundAudit]:
    return [action for action in actions if isinstance(action, StartBackgroundAudit)]


def test_every_so_many_landings_a_commit_is_audited_while_others_land(yard: Yard) -> None:
    for number in range(3):
        yard.land(number)
    assert audits_of(yard.decide()) == []
    fourth = yard.land(3)
    (start,) = audits_of(yard.decide())
    assert start.commit == fourth
    job = yard.send(start)
    assert audits_of(yard.decide()) == [], "one at a time"
    yard.land(4)
    yard.bench.propose("n5", {"L/N5.lean": "fine\n"})
    assert any(isinstance(action, Land) for action in yard.decide())
    yard.answer(job)
    assert [landing.number for landing in yard.ledger.state.trail.landings] == [start.landing + 1]
    assert audits_of(yard.decide()) == []


@pytest.mark.parametrize("culprit", [0, 2, 5])
def test_an_audit_that_differs_stops_landings_and_the_landing_that_broke_main_is_named(
    yard: Yard, culprit: int
) -> None:
    commits = [yard.land(number, BROKEN if number == culprit else "fine\n") for number in range(6)]
    yard.bench.propose("n7", {"L/N7.lean": "fine\n"})
    (start,) = audits_of(yard.decide())
    yard.answer(yard.send(start))
    finish = yard.search()
    assert finish.state == "stuck"
    assert finish.reason.startswith(f"{commits[culprit][:10]} broke main, though every certificate held: landing ")
    assert f"the statement of n{culprit} (pull request {culprit + 1}). " in finish.reason
    assert f"L/N{culprit}.lean does not build. Take it back with a push to main (`git revert -m 1 " in finish.reason
    assert len(yard.audited) <= 4
    assert len(set(yard.audited)) == len(yard.audited)
    assert yard.decide() == [finish]


def test_what_broke_main_is_in_the_log_of_its_node_and_among_the_failures_until_main_passes_an_audit(
    yard: Yard, tmp_path: Path
) -> None:
    commits = [yard.land(number, BROKEN if number == 2 else "fine\n") for number in range(4)]
    (start,) = audits_of(yard.decide())
    yard.answer(yard.send(start))
    with yard.bench.store.begin() as transaction:
        assert not failing_items(transaction), "several may have done it"
    yard.search()
    with closing(Store(tmp_path / "store.sqlite", writable=False)) as store:
        (told,) = [each for each in History(store, "n2").read_on() if each.kind == "broke_main"]
        assert (told.stage, told.data["commit"], told.data["pull_request"]) == ("statement", commits[2], 3)
        assert told.data["problem"] == "L/N2.lean does not build."
        assert not [each for each in History(store, "n1").read_on() if each.kind == "broke_main"]
        with store.begin() as transaction:
            (failing,) = failing_items(transaction, "audit")
            assert failing_items(transaction) == [failing]
            assert not failing_items(transaction, "lean")
    assert (failing.label, failing.stage, failing.given_up, failing.attempts) == ("n2", "statement", False, 1)
    assert failing.summary.endswith("every certificate held: L/N2.lean does not build.")
    assert f"(pull request 3, {commits[2][:10]})" in failing.summary
    folder = small_campaign(tmp_path / "campaign")
    with (
        closing(sqlite3.connect(tmp_path / "store.sqlite")) as there,
        closing(sqlite3.connect(folder / "store.sqlite")) as here,
    ):
        there.backup(here)
    words = said("failures", str(folder))
    assert "n2 (statement, landed)" in words
    assert failing.summary in words
    assert "blueprover retry" not in words
    yard.bench.push({"L/N2.lean": "mended\n"})
    with yard.bench.store.begin() as transaction:
        assert not failing_items(transaction)


def test_a_campaign_that_was_stopped_by_an_audit_trusts_main_again_when_all_of_it_was_audited(yard: Yard) -> None:
    for number in range(4):
        yard.land(number, BROKEN if number == 1 else "fine\n")
    (start,) = audits_of(yard.decide())
    yard.answer(yard.send(start))
    yard.search()

    def run_again() -> list[Action]:
        yard.bench.start()
        with yard.ledger.begin() as transaction:
            audits.doubt_red(transaction)
        return yard.decide()

    assert [type(action) for action in run_again()] == [StartAudit]
    yard.answer(yard.send(StartAudit()))
    (finish,) = yard.decide()
    assert isinstance(finish, Finish)
    assert "The audit of main failed: L/N1.lean does not build." in finish.reason
    with yard.ledger.begin() as transaction:
        set_meta(transaction, "audit_failure", {})
    yard.bench.push({"L/N1.lean": "mended\n"})
    assert not yard.ledger.state.trail.red
    assert not any(isinstance(action, Finish | StartAudit | StartBackgroundAudit) for action in run_again())


def test_an_audit_in_the_background_sees_that_a_module_shows_other_than_its_certificate_says(yard: Yard) -> None:
    for number in range(4):
        yard.land(number)
    (start,) = audits_of(yard.decide())
    job = yard.send(start)
    with yard.ledger.begin() as transaction:
        known = load_modules(transaction)
        tampered = ModuleRecord(known["L.N2"].source_digest, "another", known["L.N2"].imports)
        audits.end_audit(transaction, AuditEnded(job, "", modules={**known, "L.N2": tampered}), 2.0)
    assert yard.ledger.state.trail.red
    assert list(yard.ledger.state.trail.findings.values()) == [
        "L.N2 shows its importers something else than its certificate says."
    ]


def test_audits_that_give_no_answer_are_made_again_a_few_times_and_then_no_more(yard: Yard) -> None:
    for number in range(4):
        yard.land(number)
    for _ in range(5):
        (start,) = audits_of(yard.decide())
        yard.answer(yard.send(start), error="The disk is full.")
    assert audits_of(yard.decide()) == []
    assert not any(isinstance(action, Finish) for action in yard.decide())


def test_an_older_commit_is_audited_for_what_was_finished_and_locked_by_then(tmp_path: Path) -> None:
    campaign = Campaign.open(small_campaign(tmp_path / "campaign"))
    book = campaign.read_book()
    labels = sorted(label for label, node in book.blueprint.by_label.items() if not node.is_definition)[:2]
    landed = [
        Item(1, labels[0], "statement", "landed", landing=1),
        Item(2, labels[0], "proof", "landed", landing=2),
        Item(3, labels[1], "statement", "landed", landing=3),
        Item(4, labels[1], "proof", "landed", landing=4),
    ]
    state = CampaignState({(item.label, item.stage): item for item in landed})
    dispatcher = Dispatcher(campaign, book, "key")
    names = [book.homes[label].declaration for label in labels]
    for landing, finished in ((1, []), (2, names[:1]), (3, names[:1]), (4, names)):
        order = dispatcher.audit(9, "c" * 40, state, landing)
        assert (sorted(order.declarations), order.envelope.landings) == (sorted(finished), landing)
    assert set(dispatcher.audit(9, "c" * 40, state).declarations) == set(names)
