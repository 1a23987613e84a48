"""A node that nobody can do, raced for by the real loop, broker, workers and git: its cost, and who waits for it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml
from sqlalchemy import func, select

from blueprint import DependencyGraph
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.schedule.state import stages_of
from coordinator.simulation.behaviour import Behaviour
from coordinator.simulation.plan import BEHAVIOUR, Plan, found_simulation
from coordinator.simulation.running import open_run
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint import Blueprint
    from coordinator.schedule.state import Job
    from coordinator.simulation.running import Run

WIDTH, SLOTS, ITS_LIMIT = 3, 4, 2.5
"""Attempts in a race, agents at once, and dollars that an item may cost."""

FOR_EVER, PATIENCE = 1e6, 240.0
"""Seconds that a hopeless attempt takes while others are looked at; and until this test is given up."""


def choose(made: Blueprint) -> tuple[str, set[str]]:
    """A node whose race is as wide as can be, for enough rests on it; and those that do not rest on it."""
    graph = DependencyGraph(made)
    for node in made.nodes:
        above = graph.descendants(node.label)
        others = {each.label for each in made.nodes} - {node.label} - set(above)
        if len(above) >= WIDTH - 1 and len(others) >= WIDTH:
            return node.label, others
    raise AssertionError("the book has no such node")


def racing(run: Run, label: str) -> list[Job]:
    state = run.coordinator._ledger.state
    return [job for job in state.jobs if job.item is not None and state.by_id[job.item].label == label]


def test_an_item_that_can_never_be_done_costs_at_most_its_limit_and_its_race_holds_up_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    found_simulation(folder, Plan(nodes=8, attempts=1, concurrency=SLOTS, seed=2, speed=0.0))
    file = folder / SETTINGS_FILE
    budget = {"attempt": {"usd": 0.5}, "item": {"usd": ITS_LIMIT}, "campaign": {"usd": 1e6}}
    race = {"max_width": WIDTH, "blocks_many": 1, "after_failures": 1}
    told = {
        name: value for name, value in yaml.safe_load(file.read_text()).items() if name not in {"budget_usd", "attempt"}
    }
    file.write_text(yaml.safe_dump({**told, "race": race, "budget": budget}))
    campaign = Campaign.open(folder)
    made = campaign.read_book().blueprint
    hopeless, others = choose(made)
    behaviour = Behaviour.read(folder / BEHAVIOUR)

    replace(behaviour, hopeless={hopeless: FOR_EVER}).write(folder / BEHAVIOUR)
    wanted = {node.label: frozenset(stages_of(node)) for node in made.nodes if node.label in others}
    until = time.monotonic() + PATIENCE
    with open_run(campaign) as run:
        landed = run.coordinator._ledger.state.landed

        def others_are_done() -> bool:
            done = all(landed.get(label) == stages for label, stages in wanted.items())
            return (done and len(racing(run, hopeless)) == WIDTH) or time.monotonic() > until

        assert run.go_on(others_are_done) is None
        assert {label: landed.get(label) for label in wanted} == wanted, "they do not wait for the race"
        assert len(racing(run, hopeless)) == WIDTH

    replace(behaviour, hopeless={hopeless: 0.0}).write(folder / BEHAVIOUR)
    until = time.monotonic() + PATIENCE
    with open_run(campaign) as run:
        finish = run.go_on(lambda: time.monotonic() > until)
        state = run.coordinator._ledger.state
        assert finish is not None
        assert (finish.state, set(state.failed)) == ("stuck", {hopeless})
        (item,) = [each for each in state.by_id.values() if each.state == "failed"]
        assert "budget.item.usd" in item.reason
        with run.store.begin() as transaction:
            cost = select(func.sum(jobs.c.cost_usd)).where(jobs.c.item == item.id)
            made_at_it = select(func.count()).where(jobs.c.item == item.id, jobs.c.kind == "attempt")
            assert 0.0 < transaction.execute(cost).scalar_one() <= ITS_LIMIT
            assert transaction.execute(made_at_it).scalar_one() > WIDTH
