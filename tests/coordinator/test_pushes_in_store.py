"""What a push does to the items of a store, and what people read of a pull request, in either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.store.loading import load_state
from coordinator.store.pushes import Found, Push, follow_push
from coordinator.views.pull_requests import list_requests, read_dossier
from tests.support.landing_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.store.store import Store

BOTH = frozenset({"a", "b"})


@pytest.fixture
def desk(hub: Repository, store: Store, tmp_path: Path) -> Desk:
    return Desk(hub, store, tmp_path)


def follow(desk: Desk, audit: int, found: dict[tuple[str, str], Found], asked: frozenset[str] = BOTH) -> Push:
    with desk.ledger.begin() as transaction:
        push = follow_push(transaction, audit, found, asked, 5.0)
    with desk.store.begin() as transaction:
        loaded = load_state(transaction)
    assert (desk.ledger.state.by_id, desk.ledger.state.landings) == (loaded.by_id, loaded.landings)
    assert desk.ledger.state.landed == loaded.landed
    return push


def test_items_land_with_numbers_of_their_own_and_open_again_with_later_ones(desk: Desk) -> None:
    items = desk.ledger.state.items
    statement, proof = items["a", "statement"].id, items["a", "proof"].id
    number = desk.propose(statement, {"Book/Main/A.lean": "one\n"})
    there = {("a", "statement"): Found("m"), ("a", "proof"): Found("m", ("propext",), ("b",))}
    assert follow(desk, 7, there) == Push((statement, proof))
    assert desk.ledger.state.request(number) is None
    assert (items["a", "statement"].landing, items["a", "proof"].landing) == (1, 2)
    assert (items["a", "proof"].axioms, items["a", "proof"].assumes) == (("propext",), ("b",))
    assert follow(desk, 8, there) == Push()
    assert follow(desk, 9, {}, frozenset({"b"})) == Push()
    assert follow(desk, 9, {("a", "statement"): Found("m")}) == Push((), (proof,))
    assert (items["a", "proof"].state, items["a", "proof"].lock, items["a", "proof"].landing) == ("open", "", 3)
    assert follow(desk, 10, {}) == Push((), (statement,))
    assert follow(desk, 11, there) == Push((statement, proof))
    assert desk.ledger.state.landings == 6


def test_a_dossier_holds_the_events_of_its_own_pull_request(desk: Desk) -> None:
    first, second = (desk.propose(at, {f"Book/Main/{at}.lean": "one\n"}) for at in (1, 2))
    with desk.store.begin() as transaction:
        dossier = read_dossier(transaction, second)
        assert [each.number for each in list_requests(transaction)] == [first, second]
    assert {data["pull_request"] for _, _, data in dossier.events} == {second}
    assert next(kind for _, kind, _ in dossier.events) == "pull_request_opened"
    assert dossier.line.label == desk.ledger.state.by_id[2].label
