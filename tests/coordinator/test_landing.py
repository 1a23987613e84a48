from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.engine.landing import Lander
from coordinator.git import MAIN, Repository
from coordinator.queue import ModuleRecord
from coordinator.store import items, jobs, landings, reports, requests
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules, load_state
from coordinator.store.store import Store, set_meta
from coordinator.work.messages import AttemptEnded, BuildEnded
from tests.support.books import book, node
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from pathlib import Path

RETRY = RetrySettings()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Desk:
    """A hub, a store and a lander, with two nodes to work on."""

    def __init__(self, hub: Repository, store: Store, scratch: Path) -> None:
        self.hub = hub
        self.store = store
        self.scratch = scratch
        made = book(node("a"), node("b"))
        with store.begin() as transaction:
            items.seed_items(transaction, made)
            set_meta(transaction, "main", hub.head())
            set_meta(transaction, "certified", hub.head())
        self.ledger = Ledger(store, DependencyGraph(made), Settings(retry=RETRY))
        self.lander = Lander(hub, self.ledger, RETRY)

    def propose(
        self,
        item: int,
        files: dict[str, str],
        imports: dict[str, str] | None = None,
        closes: tuple[int, ...] = (),
    ) -> int:
        """Opens a pull request that changes `files`, certified on main as it is; returns its number."""
        base = self.hub.head() or ""
        head = commit_files(self.hub, self.scratch, files, parent=base)
        modules = {
            path.removesuffix(".lean").replace("/", "."): ModuleRecord(digest(text), f"i-{digest(text)}", imports or {})
            for path, text in files.items()
        }
        with self.ledger.begin() as transaction:
            job = self._send(transaction, "attempt", base, item)
            ended = AttemptEnded(job, "submitted", "words", Usage(), head, closes=closes)
            reports.end_attempt(transaction, ended, RETRY, 1.0)
            number = max(request.number for request in load_state(transaction).pull_requests)
            build = self._send(transaction, "build", base, item, number)
            reports.end_build(transaction, BuildEnded(build, accepted=True, lock="lock", modules=modules), RETRY, 1.0)
            requests.approve(transaction, number, 1.0)
        return number

    def _send(self, connection: object, kind: str, base: str, item: int, request: int | None = None) -> int:
        return jobs.send_job(
            connection,  # type: ignore[arg-type]
            kind,  # type: ignore[arg-type]
            now=1.0,
            lease_seconds=9.0,
            base=base,
            item=item,
            pull_request=request,
        )

    def land(self, number: int) -> bool:
        state = self.ledger.state
        request = next(each for each in state.pull_requests if each.number == number)
        return self.lander.land(request, state.by_id[request.item], 2.0)

    def state_of(self, number: int) -> str:
        with self.store.begin() as transaction:
            return next(
                (each.state for each in load_state(transaction).pull_requests if each.number == number), "closed"
            )


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


def test_a_branch_certified_against_an_interface_that_moved_is_built_again(desk: Desk) -> None:
    shared = desk.propose(1, {"L/A.lean": "a"})
    assert desk.land(shared)
    late = desk.propose(3, {"L/B.lean": "b"}, imports={"L.A": "i-" + digest("a")})
    changed = desk.propose(2, {"L/A.lean": "a2"})
    assert desk.land(changed)
    assert not desk.land(late)
    assert desk.state_of(late) == "checking"


def test_a_conflict_bounces_with_the_path_and_main_stays(desk: Desk) -> None:
    first, second = desk.propose(1, {"L/S.lean": "one\n"}), desk.propose(3, {"L/S.lean": "two\n"})
    assert desk.land(first)
    tip = desk.hub.head()
    assert not desk.land(second)
    assert desk.hub.head() == tip
    assert desk.state_of(second) == "closed"
    with desk.store.begin() as transaction:
        rows = transaction.connection.exec_driver_sql("select source, text from feedback").all()
    assert [row[0] for row in rows] == ["merge"]
    assert "L/S.lean" in rows[0][1]


def test_a_push_to_main_in_between_delays_a_landing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.propose(1, {"L/A.lean": "a"})
    real_move, base = desk.hub.move, desk.hub.head() or ""
    pushed = commit_files(desk.hub, desk.scratch, {"README": "by a person\n"}, parent=base)

    def race(ref: str, new: str, old: str | None) -> None:
        monkeypatch.setattr(desk.hub, "move", real_move)
        real_move(MAIN, pushed, base)
        real_move(ref, new, old)

    monkeypatch.setattr(desk.hub, "move", race)
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
    commit = desk.hub.commit(desk.hub.merge(tip, request.head).tree, [tip, request.head], "landing")
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
