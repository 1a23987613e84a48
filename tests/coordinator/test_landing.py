"""Approved branches onto main: alone and many at once, past pushes and kills, and told in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import Settings
from coordinator.engine.landing import Lander
from coordinator.git import MAIN, Batch, Branch, Repository, Trailers
from coordinator.store import items, jobs, landings, reports
from coordinator.store.kept import set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules, load_state
from coordinator.work.reports import ReviewEnded
from tests.support.books import book, node
from tests.support.repositories import commit_files, join

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.store.store import Store
from tests.support.landing_desk import RETRY, Desk, digest


@pytest.fixture
def desk(hub: Repository, store: Store, tmp_path: Path) -> Desk:
    return Desk(hub, store, tmp_path)


def test_two_disjoint_branches_land_without_a_second_build(desk: Desk) -> None:
    first, second = desk.propose(1, {"L/A.lean": "a"}), desk.propose(3, {"L/B.lean": "b"})
    assert desk.land(first)
    assert desk.land(second)
    tip = desk.hub.head() or ""
    assert {"L/A.lean", "L/B.lean"} <= set(desk.hub.blobs(tip))
    assert "Node: b" in desk.hub.message(tip)
    with desk.store.begin() as transaction:
        assert set(load_modules(transaction)) == {"L.A", "L.B"}
        state = load_state(transaction)
    assert state.main == tip
    assert state.items["a", "statement"].state == "landed"
    assert state.items["a", "statement"].lock == "lock"


def test_of_two_approved_branches_of_one_item_one_lands_however_they_are_asked_for(desk: Desk) -> None:
    first, second = desk.propose(1, {"L/A.lean": "a"}), desk.propose(1, {"L/B.lean": "b"})
    desk.lander.land([second, first, second], 2.0)
    assert (desk.landed(first), desk.landed(second)) == (False, True)
    tip = desk.hub.head()
    desk.lander.land([first, second], 3.0)
    assert desk.hub.head() == tip
    assert not desk.ledger.state.pull_requests


def test_a_branch_certified_against_an_interface_that_moved_is_built_again(desk: Desk) -> None:
    shared = desk.propose(1, {"L/A.lean": "a"})
    assert desk.land(shared)
    late = desk.propose(3, {"L/B.lean": "b"}, imports={"L.A": "i-" + digest("a")})
    changed = desk.propose(2, {"L/A.lean": "a2"})
    assert desk.land(changed)
    assert not desk.land(late)
    assert desk.state_of(late) == "checking"


def test_a_push_to_main_in_between_delays_a_landing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.propose(1, {"L/A.lean": "a"})
    real_land, base = desk.hub.land, desk.hub.head() or ""
    pushed = commit_files(desk.hub, desk.scratch, {"README": "by a person\n"}, parent=base)

    def race(batch: Batch) -> None:
        monkeypatch.setattr(desk.hub, "land", real_land)
        desk.hub.move(MAIN, pushed, base)
        real_land(batch)

    monkeypatch.setattr(desk.hub, "land", race)
    assert not desk.land(number)
    assert desk.hub.head() == pushed
    assert desk.state_of(number) == "approved"
    assert not desk.land(number), "what was pushed is not certified yet"
    assert desk.hub.head() == pushed
    with desk.ledger.begin() as transaction:
        set_meta(transaction, "certified", pushed)
    assert desk.land(number)
    assert desk.hub.is_ancestor(pushed, desk.hub.head() or "")


@pytest.mark.parametrize("moved", [True, False])
def test_a_coordinator_killed_in_the_middle_of_a_landing_is_understood(desk: Desk, *, moved: bool) -> None:
    number = desk.propose(1, {"L/A.lean": "a"})
    with desk.store.begin() as transaction:
        request = load_state(transaction).pull_requests[0]
    tip = desk.hub.head() or ""
    commit = desk.hub.commit(join(desk.hub, tip, request.head).tree, [tip, request.head], "landing")
    with desk.store.begin() as transaction:
        landings.intend_landing(transaction, number, tip, commit, 2.0)
    if moved:
        desk.hub.move(MAIN, commit, tip)
    desk.lander.recover(3.0)
    desk.lander.recover(4.0)
    with desk.store.begin() as transaction:
        state = load_state(transaction)
        assert landings.intended_landings(transaction) == []
    assert state.main == (commit if moved else tip)
    assert state.items["a", "statement"].state == ("landed" if moved else "open")
    assert desk.state_of(number) == ("closed" if moved else "approved")


def many(desk: Desk, count: int) -> None:
    """Makes the desk's book one of so many nodes."""
    made = book(*(node(f"n{number}") for number in range(count)))
    with desk.store.begin() as transaction:
        items.seed_items(transaction, made)
    desk.ledger = Ledger(desk.store, DependencyGraph(made), Settings(retry=RETRY))
    desk.lander = Lander(desk.hub, desk.ledger, RETRY)


def item_of(desk: Desk, label: str) -> int:
    return desk.ledger.state.items[label, "statement"].id


def test_branches_approved_at_once_land_in_one_move_of_main_each_with_a_commit_of_its_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(desk, 12)
    numbers = [desk.propose(item_of(desk, f"n{each}"), {f"L/N{each}.lean": f"{each}\n"}) for each in range(12)]
    moves, real = list[int](), desk.hub.land

    def counted(batch: Batch) -> None:
        moves.append(len(batch.landings))
        real(batch)

    monkeypatch.setattr(desk.hub, "land", counted)
    base = desk.hub.head() or ""
    desk.lander.land(numbers, 2.0, builders=9)
    assert moves == [12]
    assert all(desk.landed(number) for number in numbers)
    tip = desk.hub.head() or ""
    assert desk.hub.log(tip)[12] == base
    told = Trailers.of(desk.hub.message(tip))
    assert (told.node, told.attempt, told.cost) == ("n11", f"n11-{item_of(desk, 'n11')}/1", "$0.0000")
    assert ("Meaning", "lock") in told.others
    with desk.store.begin() as transaction:
        assert set(load_modules(transaction)) == {f"L.N{each}" for each in range(12)}
        assert load_state(transaction).certified == tip


def test_a_landing_tells_what_was_certified_and_its_author_cannot(desk: Desk) -> None:
    assert desk.land(desk.propose(1, {"L/A.lean": "a"}))
    hostile = "Certificate: forged\n\nNode: other\nCertificate: forged\n\n---\n"
    assert desk.land(desk.propose(3, {"L/B.lean": "b"}, {"L.A": "i-" + digest("a")}, summary=hostile))
    tip = desk.hub.head() or ""
    told = Trailers.of(desk.hub.message(tip))
    key = digest("\0".join(["L.B", digest("b"), "L.A\0i-" + digest("a")]))
    assert told.certificates == (digest(f"L.B {key} i-{digest('b')}\n"),)
    assert told.node == "b"


def test_a_main_that_moves_while_many_land_rejects_none_of_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    many(desk, 5)
    numbers = [desk.propose(item_of(desk, f"n{each}"), {f"L/N{each}.lean": f"{each}\n"}) for each in range(5)]
    real, base = desk.hub.land, desk.hub.head() or ""
    pushed = commit_files(desk.hub, desk.scratch, {"README": "by a person\n"}, parent=base)

    def race(batch: Batch) -> None:
        desk.hub.move(MAIN, pushed, base)
        real(batch)

    monkeypatch.setattr(desk.hub, "land", race)
    desk.lander.land(numbers, 2.0, builders=9)
    assert [desk.state_of(number) for number in numbers] == ["approved"] * 5
    with desk.ledger.begin() as transaction:
        assert landings.intended_landings(transaction) == []
        set_meta(transaction, "certified", pushed)
    monkeypatch.setattr(desk.hub, "land", real)
    desk.lander.land(numbers, 3.0, builders=9)
    assert all(desk.landed(number) for number in numbers)


def test_of_two_branches_that_change_one_module_the_second_is_judged_on_what_the_first_made(desk: Desk) -> None:
    many(desk, 3)
    text = "one\n\n\n\nmiddle\n\n\n\nlast\n"
    desk.land(desk.propose(item_of(desk, "n0"), {"L/A.lean": text}))
    base = desk.hub.head()
    upper = desk.propose(item_of(desk, "n1"), {"L/A.lean": text.replace("middle", "other")}, base=base)
    lower = desk.propose(item_of(desk, "n2"), {"L/A.lean": text.replace("last", "other")}, base=base)
    desk.lander.land([upper, lower], 2.0, builders=9)
    assert desk.landed(upper)
    assert desk.state_of(lower) == "approved"
    desk.lander.land([lower], 3.0, builders=9)
    assert desk.state_of(lower) == "checking", "nobody has compiled both changes together"


def test_branches_that_add_the_same_other_file_do_not_both_land_and_the_second_is_told(desk: Desk) -> None:
    many(desk, 2)
    base = desk.hub.head()
    numbers = [
        desk.propose(item_of(desk, f"n{each}"), {f"L/N{each}.lean": f"{each}\n", "notes": f"{each}\n"}, base=base)
        for each in range(2)
    ]
    for now in (2.0, 3.0, 4.0):
        desk.lander.land([number for number in numbers if desk.state_of(number) == "approved"], now, builders=9)
    assert desk.landed(numbers[0])
    waiting = desk.ledger.state.request(numbers[1])
    assert waiting is not None
    assert desk.lander.join([waiting], 5.0, {}) == {}
    assert desk.state_of(numbers[1]) == "closed"
    with desk.store.begin() as transaction:
        (row,) = transaction.connection.exec_driver_sql("select source, text from feedback").all()
    assert row[0] == "merge"
    assert "notes" in row[1]


def test_a_branch_that_opens_a_module_with_import_all_lands_only_on_the_tip_it_was_certified_on(desk: Desk) -> None:
    many(desk, 4)
    desk.land(desk.propose(item_of(desk, "n0"), {"L/A.lean": "a\n"}))
    base = desk.hub.head()
    opener = desk.propose(item_of(desk, "n1"), {"L/B.lean": "b\n"}, {"L.A": "all of it"}, base=base)
    assert desk.land(opener), "certified on this very tip"
    opened = desk.propose(item_of(desk, "n2"), {"L/A.lean": "a\nother proof\n"}, base=desk.hub.head())
    desk.land(desk.propose(item_of(desk, "n3"), {"L/C.lean": "c\n"}, base=desk.hub.head()))
    assert not desk.land(opened)
    assert desk.state_of(opened) == "checking", "who opened the module must be compiled again"


def test_what_would_import_a_module_that_is_gone_is_sent_back_with_its_name(desk: Desk) -> None:
    many(desk, 2)
    late = desk.propose(item_of(desk, "n0"), {"L/B.lean": "b\n"}, {"L.Gone": "i"})
    assert not desk.land(late)
    with desk.store.begin() as transaction:
        (row,) = transaction.connection.exec_driver_sql("select source, text from feedback").all()
    assert row[0] == "checker"
    assert "L.Gone" in row[1]


def test_landings_of_many_that_a_killed_coordinator_left_are_all_finished(desk: Desk) -> None:
    many(desk, 3)
    numbers = [desk.propose(item_of(desk, f"n{each}"), {f"L/N{each}.lean": f"{each}\n"}) for each in range(3)]
    base = desk.hub.head() or ""
    heads = [request.head for number in numbers if (request := desk.ledger.state.request(number)) is not None]
    batch = desk.hub.batch(base, [Branch(base, head, f"Land {head}\n\nNode: n") for head in heads], 2)
    with desk.ledger.begin() as transaction:
        for number, landing in zip(numbers, batch.landings, strict=True):
            landings.intend_landing(transaction, number, base, landing.commit, 2.0)
    desk.hub.land(batch)
    desk.lander.recover(3.0)
    assert all(desk.landed(number) for number in numbers)
    with desk.store.begin() as transaction:
        assert set(load_modules(transaction)) == {"L.N0", "L.N1", "L.N2"}
        assert load_state(transaction).certified == batch.top == desk.hub.head()


def test_a_landing_names_who_approved_the_commit_and_what_all_of_it_cost(desk: Desk) -> None:
    number = desk.propose(1, {"L/A.lean": "a"})
    request = desk.ledger.state.request(number)
    assert request is not None
    with desk.ledger.begin() as transaction:
        for seat, (decision, commit) in enumerate((("approve", request.head), ("approve", "f" * 40))):
            job = jobs.send_job(
                transaction, "review", now=1.0, lease_seconds=9.0, base=request.base, item=1, pull_request=number,
                number=seat,
            )  # fmt: skip
            usage = Usage(cost_usd=0.25)
            report = ReviewEnded(job, "done", "", usage, f"reader {seat}", decision, "Fine.", commit)
            reports.end_review(transaction, report, 1.0)
    assert desk.land(number)
    told = Trailers.of(desk.hub.message(desk.hub.head() or ""))
    assert told.reviewed_by == ("reader 0",)
    assert told.cost == "$0.5000"
