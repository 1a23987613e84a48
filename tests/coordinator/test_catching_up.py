"""A store that is older than ``main``: what landed since is known again, and nothing is done twice."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from coordinator.campaign.campaign import Campaign
from coordinator.engine.catching_up import read_landing
from coordinator.git import MAIN, Repository, Told, Trailers
from coordinator.simulation.plan import Plan, found_simulation
from coordinator.simulation.running import open_run
from coordinator.store.backups import back_up_beside, restore
from coordinator.store.issues import file_issue
from coordinator.store.kept import set_meta
from coordinator.store.schema import issues, items, jobs
from coordinator.store.store import Store
from tests.support.landing_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def set_back(desk: Desk, backup: Path, hub: Repository, scratch: Path) -> Desk:
    """A desk on the same hub with an older store in the place of the one it had."""
    file = desk.store.file
    assert file is not None
    desk.store.close()
    restore(file, backup, now=9.0)
    return Desk(hub, Store(file, writable=True), scratch)


def states(store: Store) -> list[tuple[int, str, str]]:
    with store.begin() as transaction:
        rows = transaction.execute(select(items.c.id, items.c.state, items.c.lock).order_by(items.c.id))
        return [(row[0], row[1], row[2]) for row in rows]


def test_what_landed_after_the_backup_has_landed_and_its_pull_request_too(
    hub: Repository, file: Path, tmp_path: Path
) -> None:
    desk = Desk(hub, Store(file, writable=True), tmp_path)
    with desk.ledger.begin() as transaction:
        issue = file_issue(transaction, "wrong_statement", "a", "It is wrong.", "somebody", 1.0)
    one = desk.propose(1, {"A.lean": "a\n"}, closes=(issue or 0,))
    rival = desk.propose(1, {"A.lean": "another\n"})
    backup = back_up_beside(file, now=1.0, keep=9)
    assert desk.land(one)
    two = desk.propose(3, {"B.lean": "b\n"})
    with desk.ledger.begin() as transaction:
        transaction.execute(update(jobs).where(jobs.c.kind == "attempt", jobs.c.item == 3).values(cost_usd=0.5))
    assert desk.land(two)
    before = states(desk.store)
    older = set_back(desk, backup, hub, tmp_path)
    assert [state for _, state, _ in states(older.store)] == ["open"] * 4
    for _ in range(2):  # and a second time it is no news
        older.lander.recover(9.0)
    assert states(older.store) == before
    assert older.landed(one)
    assert older.state_of(rival) == "closed"
    assert older.ledger.state.pull_requests == ()
    with older.store.begin() as transaction:
        assert transaction.execute(select(issues.c.state)).scalars().all() == ["closed"]
    assert older.landed(two), "the attempt that the older store never heard of is made up for"
    assert older.ledger.state.landings == 2
    with older.store.begin() as transaction:
        assert transaction.execute(select(jobs.c.cost_usd)).scalars().all()[-1] == 0.5
    older.store.close()


def test_only_what_main_itself_went_through_counts_as_landed(hub: Repository, file: Path, tmp_path: Path) -> None:
    """An agent's branch may say whatever it likes, and be merged by a person."""
    desk = Desk(hub, Store(file, writable=True), tmp_path)
    tip = desk.hub.head() or ""
    told = Trailers(node="a", others=(("Stage", "statement"), ("Pull-request", "1"))).onto("Land statement of a")
    tree = hub.write_tree(made(tmp_path), tip)
    branch = hub.commit(tree, [tip], told)
    merge = hub.commit(tree, [tip, branch], "Merge what somebody wrote")
    hub.move(MAIN, merge, tip)
    desk.lander.recover(3.0)
    assert [state for _, state, _ in states(desk.store)] == ["open"] * 4
    stranger = hub.commit(tree, [merge], told.replace("Node: a", "Node: nobody"))
    hub.move(MAIN, stranger, merge)
    desk.lander.recover(4.0)
    assert [state for _, state, _ in states(desk.store)] == ["open"] * 4
    assert desk.ledger.state.main == stranger
    desk.store.close()


def made(scratch: Path) -> Path:
    folder = scratch / "made"
    folder.mkdir()
    (folder / "A.lean").write_text("a\n")
    return folder


def test_a_store_that_never_heard_of_main_or_of_another_reads_all_of_its_history(
    hub: Repository, file: Path, tmp_path: Path
) -> None:
    desk = Desk(hub, Store(file, writable=True), tmp_path)
    assert desk.propose(1, {"A.lean": "another\n"}) == 1
    assert desk.land(desk.propose(1, {"A.lean": "a\n"}))
    desk.store.close()
    for number, known in enumerate(("", "b" * 40)):
        anew = Desk(hub, Store(tmp_path / f"new-{number}.sqlite", writable=True), tmp_path)
        with anew.store.begin() as transaction:
            set_meta(transaction, "main", known)
        anew.lander.recover(5.0)
        assert [state for _, state, _ in states(anew.store)] == ["landed", "open", "open", "open"]
        assert anew.landed(2), "it has the number by which the history of main names it"
        assert anew.propose(3, {"B.lean": "b\n"}) == 3
        anew.store.close()


@pytest.mark.parametrize("message", ["", "Land proof of a", "Fix\n\nNode: a\nStage: proof", "x\n\nPull-request: 1"])
def test_a_person_s_commit_is_no_landing(message: str) -> None:
    assert read_landing(Told("c" * 40, ("b" * 40,), message)) is None


def test_numbers_of_issues_that_are_none_close_nothing() -> None:
    others = (("Stage", "proof"), ("Pull-request", "1"), ("Closes-issue", "7"), ("Closes-issue", "9" * 40))
    told = Trailers(node="a", others=(*others, ("Axiom", "propext"), ("Assumes", "B.c"))).onto("Land")
    found = read_landing(Told("c" * 40, ("b" * 40, "d" * 40), told))
    assert found is not None
    assert (found.closes, found.axioms, found.assumes, found.branch) == ((7,), ("propext",), ("B.c",), "d" * 40)


def test_a_campaign_set_back_to_an_older_backup_does_nothing_twice_and_comes_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    found_simulation(folder, Plan(3, attempts=1, concurrency=4, seed=3, speed=1500.0))
    campaign = Campaign.open(folder)
    with open_run(campaign) as run:
        backup = back_up_beside(campaign.store_path, now=1.0, keep=9)
        run.go_on(lambda: len(landed_items(campaign)) >= 2)
    told = landed_items(campaign)
    assert len(told) >= 2
    restore(campaign.store_path, backup, now=2.0)
    until = time.monotonic() + 300
    with open_run(campaign) as run:
        finish = run.go_on(lambda: time.monotonic() > until)
    assert finish is not None
    assert finish.state == "done"
    assert set(told) <= set(landed_items(campaign))
    assert max(Counter(landed_items(campaign)).values()) == 1
    with closing(Store(campaign.store_path, writable=False)) as store:
        assert {state for _, state, _ in states(store)} == {"landed"}


def landed_items(campaign: Campaign) -> list[tuple[str, str]]:
    """Labels and stages of the landings that main's history tells."""
    told = map(read_landing, campaign.hub.first_parents(campaign.main(), None))
    return [(each.label, each.stage) for each in told if each is not None]
