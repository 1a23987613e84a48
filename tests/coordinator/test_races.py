"""A race as the loop runs it, with a real broker, hub and store, and with tiers of models."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from agents import Usage
from agents.errors import UnknownModel
from coordinator.campaign.campaign import Campaign
from coordinator.engine.running import preflight
from coordinator.git import Repository, Trailers
from coordinator.queue import ModuleRecord
from coordinator.store.schema import items, jobs, pull_requests
from coordinator.views.accounts import divide_cost
from coordinator.views.snapshot import take_snapshot
from coordinator.views.status import status_of
from coordinator.work.carrier import Carrier
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded
from tests.support.campaigns import small_campaign
from tests.support.loops import Loop
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from coordinator.schedule.state import Job

LABEL, FILE, MODULE = "def:decided", "Arithmetic/Logic/Decided.lean", "Arithmetic.Logic.Decided"
"""Two nodes rest on it: with these settings its race is three wide."""

SETTINGS: dict[str, Any] = {
    "race": {"max_width": 3, "blocks_many": 1, "after_failures": 1},
    "reviews": {"statement": 0, "proof": 0},
    "workers": {"agents": 60, "builds": 8, "sandbox": "none"},
    "budget_usd": 500.0,
    "model": {
        "name": "rehearsal",
        "tiers": ["small", "middling", "large"],
        "rehearsal": "none",
        "prices": {name: {"input": 1.0, "output": 2.0} for name in ("small", "middling", "large")},
    },
}


class Killed(BaseException):
    """Stands for ``kill -9``: nothing catches it."""


class Race:
    """Three attempts at one item, of which two have become pull requests that wait for their builders."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        loop.services.owns_broker = False  # workers outlive the coordinator, and nothing is taken back when it begins
        loop.step()
        loop.report(AuditEnded(loop.jobs[0], ""))
        loop.step()
        self.racers = self.live("attempt")

    def live(self, kind: str) -> list[Job]:
        """The jobs of a kind that are under way at the item."""
        state = self.loop.state
        return [job for job in state.jobs if job.kind == kind and job.item and state.by_id[job.item].label == LABEL]

    def propose(self, job: Job, text: str) -> None:
        head = commit_files(self.loop.campaign.hub, self.loop.campaign.folder, {FILE: text}, parent=job.base)
        self.loop.report(AttemptEnded(job.id, "submitted", text, Usage(cost_usd=0.1), head))

    def certify(self, job: Job) -> None:
        with self.loop.store.begin() as transaction:
            row = transaction.execute(select(pull_requests).where(pull_requests.c.number == job.pull_request)).one()
        digest = hashlib.sha256(row.summary.encode()).hexdigest()
        record = ModuleRecord(digest, f"interface of {digest}", {})
        self.loop.report(BuildEnded(job.id, accepted=True, lock=digest, modules={MODULE: record}))

    def finish(self) -> None:
        """Lets two of three propose, and both be certified in the same round."""
        first, second, _ = self.racers
        self.propose(first, "def Decided := 1\n")
        self.propose(second, "def Decided := 2\n")
        self.loop.step()
        for build in self.live("build"):
            self.certify(build)

    def states(self) -> list[str]:
        with self.loop.store.begin() as transaction:
            return list(transaction.execute(select(pull_requests.c.state).order_by(pull_requests.c.number)).scalars())

    def landings(self) -> list[str]:
        """Nodes that landed, as ``main`` tells it."""
        hub, tip = self.loop.campaign.hub, self.loop.campaign.main()
        told = (Trailers.of(each.message) for each in hub.first_parents(tip, ""))
        return [each.node for each in told if each.node]


@pytest.fixture
def race(tmp_path: Path, broker: str) -> Iterator[Race]:
    loop = Loop(tmp_path / "campaign", broker, **SETTINGS)
    yield Race(loop)
    loop.close()


def expect_one_winner(race: Race) -> None:
    loop = race.loop
    assert race.landings() == [LABEL]
    assert race.states() == ["landed", "withdrawn"]
    assert not race.live("attempt")
    assert not race.live("build")
    ids = {job.id for job in race.racers}
    assert loop.line.lost(loop.key, ids) == ids, "the workers are told to stop"
    spent = loop.state.spent_usd
    loop.report(AttemptEnded(race.racers[2].id, "cancelled", "", Usage(cost_usd=0.5)))
    loop.step()
    assert loop.state.spent_usd == pytest.approx(spent + 0.5)
    assert race.states() == ["landed", "withdrawn"]


def test_three_race_for_what_two_rest_on_and_the_first_to_land_ends_the_race(race: Race) -> None:
    assert [job.number for job in race.racers] == [1, 2, 3]
    race.finish()
    race.loop.step()
    expect_one_winner(race)
    (landed,) = [item for item in race.loop.state.items.values() if item.state == "landed"]
    assert landed.attempts == 2, "what was revoked under way does not count as an attempt"
    with race.loop.store.begin() as transaction:
        assert (
            transaction.execute(select(jobs.c.ending).where(jobs.c.id == race.racers[2].id)).scalar_one() == "revoked"
        )


def dies_after(step: Callable[..., Any]) -> Callable[..., None]:
    def died(*given: object, **more: object) -> None:
        step(*given, **more)
        raise Killed

    return died


def test_killed_when_main_has_moved_and_nothing_else_was_done_the_next_coordinator_ends_the_race(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    race.finish()
    with monkeypatch.context() as patch:
        patch.setattr(Repository, "land", dies_after(Repository.land))
        with pytest.raises(Killed):
            race.loop.step()
    assert race.landings() == [LABEL]
    assert race.states() == ["approved", "reviewing"]
    race.loop.begin_again()
    race.loop.step()
    expect_one_winner(race)


def test_killed_before_the_workers_were_told_the_next_coordinator_tells_them(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    race.finish()
    with monkeypatch.context() as patch:
        patch.setattr(Carrier, "tell_locks", dies_after(Carrier.tell_locks))
        with pytest.raises(Killed):
            race.loop.step()
    loop = race.loop
    assert loop.line.lost(loop.key, [race.racers[2].id]) == set()
    loop.begin_again()
    loop.step()
    expect_one_winner(race)


def test_a_tier_without_a_price_refuses_to_run_before_anything_starts(tmp_path: Path) -> None:
    model = {"name": "rehearsal", "rehearsal": "none", "tiers": ["rehearsal", "mystery"]}
    campaign = Campaign.open(small_campaign(tmp_path / "campaign", model=model))
    with pytest.raises(UnknownModel, match="'mystery' has no price"):
        preflight(campaign)


def test_what_more_rests_on_is_attempted_by_stronger_models_and_told_by_model(race: Race) -> None:
    race.finish()
    race.loop.step()
    with race.loop.store.begin() as transaction:
        sent = (
            select(items.c.label, jobs.c.model).join(items, items.c.id == jobs.c.item).where(jobs.c.kind == "attempt")
        )
        models = dict(transaction.execute(sent.order_by(jobs.c.id.desc())).all())
        shares = divide_cost(transaction, "model", race.loop.campaign.read_book().blueprint)
    assert (models["thm:and_comm"], models["lem:not_or"], models[LABEL]) == ("small", "middling", "large")
    assert {share.name: share.cost_usd for share in shares if share.cost_usd} == {"large": pytest.approx(0.2)}
    loop = race.loop
    told = status_of(take_snapshot(loop.campaign, loop.campaign.read_book(), loop.store, sources=False))["models"]
    assert told["large"]["landed"] == 1
    assert told["large"]["cost_usd"] == pytest.approx(0.2)
    assert told["small"]["attempts"] > 0
    assert told["small"]["cost_usd"] == 0
