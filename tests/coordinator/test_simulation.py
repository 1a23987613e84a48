"""Simulated campaigns: the book is one, the bench obeys the interface of the real one, and a whole one ends."""

from __future__ import annotations

import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import Assignment, Conflict, DependencyBrief, Limits, NodeBrief, Usage
from blueprint import DependencyGraph, read_blueprint
from checker import Layout
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.layout import plan_homes
from coordinator.simulation.behaviour import Behaviour
from coordinator.simulation.book import LIBRARY, ROOT, write_book
from coordinator.simulation.lean import meaning_of, record_of
from coordinator.simulation.workshop import SimulatedWorkshop
from coordinator.work import remotes
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, Envelope, JointOrder, ModelAccess
from coordinator.work.reports import (
    AttemptEnded,
    AuditEnded,
    BuildEnded,
    JointEnded,
    ResolutionEnded,
    ReviewEnded,
    read_report,
    write_report,
)
from tests.support.campaigns import blueprover
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint import Stage
    from coordinator.git import Repository
    from coordinator.simulation.behaviour import Fate
    from coordinator.work.orders import Order

INSTANT = Behaviour(median_seconds=0, build_seconds=0, speed=1)
PATH = "Simulated/One/A.lean"


@given(nodes=st.integers(1, 130), seed=st.integers(0, 10))
@settings(max_examples=8, deadline=None)
def test_the_real_reader_finds_nothing_wrong_with_a_made_up_book(
    tmp_path_factory: pytest.TempPathFactory, nodes: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("book")
    files = write_book(nodes, seed)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    book = read_blueprint(folder / ROOT)
    assert [node.label for node in book.nodes] == [f"n{number}" for number in range(nodes)]
    assert not [problem for problem in book.problems if problem.severity == "error"]
    assert len(DependencyGraph(book).order()) == nodes
    assert len(plan_homes(book, LIBRARY)) == nodes
    assert write_book(nodes, seed) == files


def test_draws_depend_on_the_seed_and_the_job_alone() -> None:
    names = [f"attempt/{number}" for number in range(200)]
    behaviour = Behaviour(seed=7, success=0.5)
    forwards = {name: behaviour.draw(name) for name in names}
    assert forwards == {name: behaviour.draw(name) for name in reversed(names)}
    assert forwards != {name: Behaviour(seed=8, success=0.5).draw(name) for name in names}
    assert 60 < sum(draw.fate == "good" for draw in forwards.values()) < 140
    assert Behaviour(success=1.0).draw("anything").fate == "good"


class Bench:
    """A simulated workshop at work on one hub, which gives each job the fate it is told to."""

    def __init__(self, hub: Repository, folder: Path, behaviour: Behaviour = INSTANT) -> None:
        self.hub, self.base = hub, hub.head() or ""
        self.workshop = SimulatedWorkshop(behaviour, folder)

    def envelope(self, job: int = 7) -> Envelope:
        return Envelope(job, "key", str(self.hub.path), self.base, LIBRARY, (), ())

    def author(self, stage: Stage = "statement", attempt: int = 1, cap: float = 5.0) -> AgentOrder:
        node = NodeBrief("a", "theorem", "", "", "", "", "Simulated.a", "Simulated.One.A")
        used = (DependencyBrief("b", "B", "Simulated.b", "Simulated.One.B"),)
        assignment = Assignment(
            "author", stage, node, "simulated", Layout(LIBRARY, (), ()), used, attempt, limits=Limits(9, 9, cap, 9)
        )
        return AgentOrder(
            self.envelope(), assignment, ModelAccess(None, "KEY", rehearsal=False), ref=f"refs/attempts/a/{attempt}"
        )

    def build(self, head: str, stage: Stage = "statement", lock: str | None = None) -> BuildEnded:
        order = BuildOrder(self.envelope(), head, stage, "Simulated.a", "Simulated.One.A", False, lock)
        report = self.workshop.carry_out(order, lambda: False)
        assert isinstance(report, BuildEnded)
        return report

    def attempt(self, order: AgentOrder) -> AttemptEnded:
        report = self.workshop.carry_out(order, lambda: False)
        assert isinstance(report, AttemptEnded)
        return report


def behaving(fate: Fate) -> tuple[Behaviour, int]:
    """A behaviour, and the number of an attempt at the test's item that it gives this fate."""
    behaviour = Behaviour(success=0.3, median_seconds=0, build_seconds=0, speed=1)
    return behaviour, next(n for n in range(1, 500) if behaviour.draw(f"attempt/a/statement/{n}").fate == fate)


@pytest.mark.parametrize("on_host", [True, False])
def test_a_branch_of_a_simulated_agent_is_on_the_hub_and_certified(
    hub: Repository, tmp_path: Path, on_host: bool
) -> None:
    bench = Bench(hub, tmp_path / "worker", Behaviour(success=1, median_seconds=0, build_seconds=0, on_host=on_host))
    ended = bench.attempt(bench.author())
    assert (ended.ending, ended.head) == ("submitted", hub.head("refs/attempts/a/1"))
    assert hub.log(ended.head) == (ended.head, bench.base)
    source = hub.read(ended.head, PATH) or b""
    assert b"import Simulated.One.B" in source
    assert hub.read(ended.head, "README") == b"hello\n"
    built = bench.build(ended.head)
    assert (built.accepted, built.lock) == (True, meaning_of("Simulated.a"))
    assert built.modules == {"Simulated.One.A": record_of("Simulated.One.A", source)}
    assert read_report(write_report(built)) == built


def test_a_proof_keeps_the_interface_of_its_statement(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=0, build_seconds=0))
    stated = bench.build(bench.attempt(bench.author()).head)
    proof = bench.attempt(bench.author("proof", attempt=2)).head
    proved = bench.build(proof, "proof", stated.lock)
    assert proved.accepted
    before, after = stated.modules["Simulated.One.A"], proved.modules["Simulated.One.A"]
    assert before.interface_digest == after.interface_digest
    assert before.source_digest != after.source_digest
    assert not bench.build(proof, "proof", "another meaning").accepted


def test_what_the_lot_refuses_is_refused(hub: Repository, tmp_path: Path) -> None:
    behaviour, attempt = behaving("refused")
    bench = Bench(hub, tmp_path, behaviour)
    ended = bench.attempt(bench.author(attempt=attempt))
    assert ended.ending == "submitted"
    assert not bench.build(ended.head).accepted


def test_a_reviewer_objects_to_what_is_unclear_and_to_nothing_else(hub: Repository, tmp_path: Path) -> None:
    for fate, decision in (("unclear", "request_changes"), ("good", "approve")):
        behaviour, attempt = behaving(fate)  # type: ignore[arg-type]  # mypy widens the literal
        bench = Bench(hub, tmp_path, behaviour)
        head = bench.attempt(bench.author(attempt=attempt)).head
        author = bench.author().assignment
        review = Assignment(
            "reviewer", "statement", author.node, "simulated", author.layout, diff=hub.diff(bench.base, head)
        )
        order = AgentOrder(bench.envelope(), review, ModelAccess(None, "KEY", rehearsal=False), head=head)
        report = bench.workshop.carry_out(order, lambda: False)
        assert isinstance(report, ReviewEnded)
        assert (report.decision, report.commit) == (decision, head)


def test_a_simulated_resolver_joins_the_tip_and_the_branch(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=0, build_seconds=0, speed=1))
    author = bench.author()
    branch = bench.attempt(author).head
    task = replace(author.assignment, role="resolver", conflict=Conflict(1, (PATH,), "+ main", "+ branch"))
    order = replace(author, assignment=task, ref="refs/attempts/a/joined-7", head=branch, branch=branch)
    report = bench.workshop.carry_out(order, lambda: False)
    assert isinstance(report, ResolutionEnded)
    assert report.ending == "submitted"
    assert hub.is_ancestor(branch, report.head)
    assert hub.is_ancestor(bench.base, report.head)
    assert bench.build(report.head).accepted


def test_an_agent_that_is_stopped_tells_what_it_cost_until_then(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=1e6, speed=1))
    report = bench.workshop.carry_out(bench.author(), lambda: True)
    assert isinstance(report, AttemptEnded)
    assert report.ending == "cancelled"
    assert 0 <= report.usage.cost_usd < 0.01


def test_an_agent_tells_what_it_used_so_far_and_never_less_than_before(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=0.2, speed=1, spread=0))
    told: list[Usage] = []
    report = bench.workshop.carry_out(bench.author(), lambda: False, told.append)
    assert isinstance(report, AttemptEnded)
    costs = [used.cost_usd for used in [*told, report.usage]]
    assert told
    assert costs[0] > 0
    assert costs == sorted(costs)


def test_an_agent_that_is_stopped_at_once_has_told_nothing(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=1e6, speed=1))
    told: list[Usage] = []
    bench.workshop.carry_out(bench.author(), lambda: True, told.append)
    assert not told


def test_no_agent_spends_more_than_its_cap(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=0, median_usd=50.0))
    report = bench.attempt(bench.author(cap=0.5))
    assert (report.ending, report.cause, report.usage.cost_usd) == ("limit", "cost", 0.5)


def test_a_hub_that_is_away_for_too_long_is_reported(
    hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remotes, "AWAY_SECONDS", 0.0)
    bench = Bench(hub, tmp_path / "worker", Behaviour(success=1, median_seconds=0, on_host=False))
    hub.path.rename(tmp_path / "away")
    report = bench.attempt(bench.author())
    assert report.ending == "failed"
    assert "not pushed" in report.summary
    assert report.usage.cost_usd > 0


@pytest.mark.parametrize("kind", ["build", "joint", "audit"])
def test_a_simulated_builder_that_waits_for_an_absent_hub_lets_go_when_it_is_told_to_stop(
    hub: Repository, tmp_path: Path, kind: str
) -> None:
    bench = Bench(hub, tmp_path / "worker", replace(INSTANT, on_host=False))
    hub.path.rename(tmp_path / "away.git")
    envelope, missing = replace(bench.envelope(), base="a" * 40), "b" * 40
    orders: dict[str, Order] = {
        "build": BuildOrder(envelope, missing, "statement", "Simulated.a", "Simulated.One.A", False, None),
        "joint": JointOrder(envelope, missing, ()),
        "audit": AuditOrder(envelope, ()),
    }
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool, structlog.testing.capture_logs() as logged:
        ended = pool.submit(bench.workshop.carry_out, orders[kind], stop.is_set)
        wait_for(lambda: logged)
        stop.set()
        told = ended.result(remotes.AWAY_SECONDS / 9)
    assert isinstance(told, BuildEnded | JointEnded | AuditEnded)
    assert told.cancelled
    assert told.error


def test_an_audit_finds_what_is_open_and_what_is_missing(hub: Repository, tmp_path: Path) -> None:
    bench = Bench(hub, tmp_path, Behaviour(success=1, median_seconds=0, build_seconds=0))
    bench.base = bench.attempt(bench.author()).head
    audit = bench.workshop.carry_out(AuditOrder(bench.envelope(), ()), lambda: False)
    assert isinstance(audit, AuditEnded)
    assert "Simulated.One.B is imported and not there" in audit.problem
    assert set(audit.modules) == {"Simulated.One.A"}


def test_a_simulated_campaign_goes_to_its_end_and_lands_everything_once(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    options = ("--nodes", "6", "--attempts", "20", "--concurrency", "4", "--speed", "0", "--seed", "3")
    answer = blueprover("simulate", *options, "--folder", str(folder), "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    figures = json.loads(answer.stdout)
    assert figures["state"] == "done"
    assert figures["attempts"] > figures["landings"]
    campaign = Campaign.open(folder)
    messages = [campaign.hub.message(commit) for commit in campaign.hub.log(campaign.main())]
    landed = [text.splitlines()[0].split(" (")[0] for text in messages if text.startswith("Land ")]
    assert len(landed) == len(set(landed)) == figures["landings"]
    assert not subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, check=False).stdout
