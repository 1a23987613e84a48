from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agents import Assignment, NodeBrief, Outcome, Usage
from agents.rehearsal import Action, RehearsalServer, Request
from checker import Layout
from checker.build.environment import Environment
from coordinator.git import MAIN, Repository
from coordinator.work.carrier import Carrier
from coordinator.work.host import HostSettings
from coordinator.work.locks import Lock
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, Envelope, ModelAccess
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded
from coordinator.work.workshop import Workshop
from tests.checker.desk import PROJECT, PROOF
from tests.support.campaigns import alive

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.work.leans import Leans

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


def test_a_build_or_an_audit_that_waits_for_a_hub_which_is_away_can_be_cancelled(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Or a worker that is told to stop meanwhile would stay for a quarter of an hour."""
    envelope = Envelope(7, "key", str(tmp_path / "away.git"), "a" * 40, "Book", (), ())
    build = BuildOrder(envelope, "b" * 40, "statement", "Book.a", "Book.A", is_definition=False, lock=None)
    for order_of_a_builder in (build, AuditOrder(envelope, ())):
        report = workshop.carry_out(order_of_a_builder, lambda: True)
        assert isinstance(report, BuildEnded | AuditEnded)
        assert "away.git" in report.error


def test_an_audit_sees_that_a_reviewed_statement_is_gone_or_means_something_else(tmp_path: Path, broker: str) -> None:
    hub = Repository.create(tmp_path / "hub.git")
    tip = hub.commit(hub.write_tree(PROJECT), [], "a project")
    hub.move(MAIN, tip, None)
    carrier = Carrier(broker, f"campaign-{time.time_ns()}")
    workshop = Workshop(HostSettings(tmp_path / "worker", sandbox="none"), broker)

    def problem(**locked: str) -> str:
        locks = [Lock(at, f"Book.{name}", digest, is_open=False) for at, (name, digest) in enumerate(locked.items(), 1)]
        carrier.campaign = f"campaign-{time.time_ns()}"
        carrier.tell_locks(locks, anew=True)
        envelope = Envelope(7, carrier.campaign, str(hub.path), tip, "Book", (), (), landings=len(locks))
        report = workshop.carry_out(AuditOrder(envelope, ()), lambda: False)
        assert isinstance(report, AuditEnded)
        assert not report.error
        return report.problem

    builder = workshop._leans.builder_of(Envelope(7, "key", "", "", "Book", (), ()), PROJECT)
    meaning = Environment(builder.certify(PROJECT)).meaning("Book.zero_add")
    assert problem(zero_add=meaning) == ""
    assert problem(zero_add="0" * 64) == "Book.zero_add no longer means what was reviewed."
    assert problem(zero_add=meaning, zero_mul="0" * 64) == "Book.zero_mul, whose statement was reviewed, is gone."
    workshop.close()
    carrier.close()


def test_workers_that_share_a_folder_leave_one_anothers_files_alone(tmp_path: Path) -> None:
    host = HostSettings(tmp_path / "worker", sandbox="none")
    first = Workshop(host)
    (first._scratch.folder / "7-job").mkdir()
    left_by_a_dead_one = host.folder / "scratch" / "of-a-dead-one"
    left_by_a_dead_one.mkdir()
    left_by_a_dead_one.with_suffix(".lock").touch()
    second = Workshop(host)
    assert (first._scratch.folder / "7-job").is_dir()
    assert second._scratch.folder != first._scratch.folder
    assert not left_by_a_dead_one.exists()
    first.close()
    assert [each.name for each in (host.folder / "scratch").glob("*[!k]")] == [second._scratch.folder.name]
    second.close()


class Drafter:
    """A model that drafts a proof, checks it twice, asks for a goal, and gives up; it notes the servers meanwhile."""

    STEPS = (
        ("write_file", {"path": "Book/Nodes/ZeroAdd.lean", "text": PROOF}),
        ("check", {"path": "Book/Nodes/ZeroAdd.lean"}),
        ("check", {"path": "Book/Nodes/ZeroAdd.lean"}),
        ("goal", {"path": "Book/Nodes/ZeroAdd.lean", "line": 9, "column": 2}),
        ("give_up", {"reason": "Enough seen."}),
    )

    def __init__(self, leans: Leans) -> None:
        self._leans = leans
        self.told: list[str] = []
        self.held: list[int] = []

    def act(self, request: Request) -> Action:
        self.told = [each.result for each in request.exchanges]
        self.held += [held for pool in self._leans.pools() for held in pool.processes().values()]
        return Action("On.", *self.STEPS[len(request.exchanges)])


@pytest.mark.parametrize("servers", [1, 0])
def test_an_attempt_drafts_with_a_warm_server_that_ends_with_it(tmp_path: Path, servers: int) -> None:
    hub = Repository.create(tmp_path / "hub.git")
    tip = hub.commit(hub.write_tree(PROJECT), [], "a project")
    hub.move(MAIN, tip, None)
    settings = HostSettings(tmp_path / "worker", sandbox="none", warm_servers=servers)
    node = NodeBrief("thm:a", "theorem", "", "", "", "", "Book.zero_add", "Book.Nodes.ZeroAdd")
    task = Assignment("author", "proof", node, "rehearsal", Layout("Book", ("Book/Base",), ("Book/Helpers",)))
    envelope = Envelope(7, "key", str(hub.path), tip, "Book", (), ())
    with closing(Workshop(settings)) as workshop:
        model = Drafter(workshop._leans)
        with RehearsalServer(model) as server:
            access = ModelAccess(server.url, "KEY", rehearsal=True)
            report = workshop.carry_out(AgentOrder(envelope, task, access, ref="refs/attempts/a/1"), lambda: False)
        assert isinstance(report, AttemptEnded)
        assert (report.ending, report.summary) == ("gave_up", "Enough seen.")
        written, first, second, goal = model.told
        assert written.startswith("Wrote")
        assert first == second == "Lean accepts Book.Nodes.ZeroAdd."
        assert ("⊢ Eq (add Num.zero a) a" in goal) is bool(servers)
        assert bool(model.held) is bool(servers)
        assert not any(pool.processes() for pool in workshop._leans.pools())
    assert not any(map(alive, model.held))
    assert list((tmp_path / "worker/scratch").iterdir()) == []
