"""The table of moves is the law: what it has can be done, twice too, and what it does not have cannot."""

from __future__ import annotations

import ast
import typing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from coordinator.campaign.settings import RetrySettings
from coordinator.errors import StoreError, WrongMove
from coordinator.schedule.state import OPEN_STATES, ItemState, PullRequestState
from coordinator.store import items, jobs, landings, reports, requests, withdrawal
from coordinator.store.moves import BOUNCE, MOVES, SKIP, Move, make_move, may_move, move_those
from coordinator.store.schema import batches as batch_table
from coordinator.store.schema import failures, pull_requests
from coordinator.store.schema import issues as issue_table
from coordinator.store.schema import items as item_table
from coordinator.store.schema import jobs as job_table
from coordinator.store.schema import landings as landing_table
from coordinator.store.store import Store
from coordinator.work.reports import BuildEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.store.transaction import Transaction

SOURCES = Path(__file__).parents[2] / "coordinator"
STATES = {record: sorted({move.target for move in MOVES if move.record == record} - {""}) for record in typing.get_args(
    Move.__annotations__["record"]) or ("item", "job", "pull request", "batch", "landing", "issue")}  # fmt: skip
COLUMN = {
    "item": item_table.c.id,
    "job": job_table.c.id,
    "pull request": pull_requests.c.number,
    "batch": batch_table.c.job,
    "landing": landing_table.c.after,
    "issue": issue_table.c.number,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with one record of each kind."""
    store = Store(tmp_path_factory.mktemp("moves") / "store.sqlite", writable=True)
    with store.begin() as transaction:
        fill(transaction)
    yield store
    store.close()


def fill(transaction: Transaction) -> None:
    transaction.execute(item_table.insert().values(id=1, label="a", stage="statement", state="open"))
    transaction.execute(
        job_table.insert().values(id=1, kind="attempt", item=1, number=1, state="sent", lease_until=1.0, sent_at=0.0)
    )
    request = pull_requests.insert().values(number=1, item=1, job=1, state="checking", base="b", head="h", opened_at=0)
    transaction.execute(request)
    transaction.execute(batch_table.insert().values(job=1, state="running", tip="b", commit="c", members=[]))
    transaction.execute(landing_table.insert().values(pull_request=1, before="b", after="1", state="intended", at=0.0))
    issue = {"kind": "missing_lemma", "label": "a", "text": "x", "digest": "d", "filed_by": "person"}
    transaction.execute(issue_table.insert().values(number=1, state="open", opened_at=0.0, **issue))


def put(transaction: Transaction, move: Move, state: str) -> int | str:
    """Puts the record into a state, past the table; returns its key."""
    column = COLUMN[move.record]
    transaction.execute(column.table.update().values(state=state))
    return "1" if move.record == "landing" else 1


def state_of(transaction: Transaction, move: Move) -> str:
    return str(transaction.execute(select(COLUMN[move.record].table.c.state)).scalar_one())


@pytest.mark.parametrize("move", [each for each in MOVES if each.sources and each.target], ids=lambda each: each.name)
def test_a_move_starts_only_where_the_table_says_and_a_repeat_changes_nothing(world: Store, move: Move) -> None:
    for state in STATES[move.record]:
        with world.begin() as transaction:
            key = put(transaction, move, state)
            assert may_move(transaction, move, key) == (state in move.sources)
            if state in move.sources:
                assert make_move(transaction, move, key)
                assert state_of(transaction, move) == move.target
            elif state == move.target:
                assert not make_move(transaction, move, key)
            else:
                with pytest.raises(WrongMove, match=f"{key} is {state}: `{move.name}` starts in "):
                    make_move(transaction, move, key)
                assert state_of(transaction, move) == state


def test_a_record_that_is_not_there_cannot_move(world: Store) -> None:
    with pytest.raises(StoreError, match="The pull request 99 is not there"), world.begin() as transaction:
        make_move(transaction, BOUNCE, 99)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([each for each in MOVES if each.record == "pull request" and each.sources])))
def test_whatever_is_tried_a_closed_pull_request_is_never_open_again(world: Store, tried: list[Move]) -> None:
    with world.begin() as transaction:
        put(transaction, BOUNCE, "checking")
        seen = ["checking"]
        for move in tried:
            move_those(transaction, move, [1, 2, 3])
            seen.append(state_of(transaction, move))
        closed = [state for state in seen if state not in OPEN_STATES]
        assert not closed or seen[seen.index(closed[0]) :] == closed
        assert "landed" not in seen or set(seen[seen.index("landed") :]) == {"landed"}


def test_the_table_has_exactly_the_states_that_the_code_knows() -> None:
    assert set(STATES["item"]) == set(typing.get_args(ItemState))
    assert set(STATES["pull request"]) == set(typing.get_args(PullRequestState))
    for move in MOVES:
        assert set(move.sources) <= set(STATES[move.record])


def test_no_other_code_changes_a_state() -> None:
    """A state is given as `state=` to a statement: in the table's module, or as the first state of a new record.

    Migrations do not count: they make older stores what the table of their time would have made them.
    """
    for file in sorted(set(SOURCES.rglob("*.py")) - set(SOURCES.rglob("migrations/versions/*.py"))):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "values"):
                continue
            given_states = [each.value for each in call.keywords if each.arg == "state"]
            assert all(
                file.name == "moves.py" or (isinstance(each, ast.Attribute) and each.attr == "target")
                for each in given_states
            ), f"{file.name}:{call.lineno} sets a state by itself"


def open_request(store: Store, state: str) -> None:
    with store.begin() as transaction:
        items.seed_items(transaction, book(node("a")))
        job = jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="b", item=1)
        values = {"number": 1, "item": 1, "job": job, "state": state, "base": "b", "head": "h", "opened_at": 1.0}
        transaction.execute(pull_requests.insert().values(**values))


def test_a_landing_is_refused_before_main_moves_unless_its_request_is_approved(store: Store) -> None:
    open_request(store, "reviewing")
    with pytest.raises(WrongMove, match="pull request 1 is reviewing"), store.begin() as transaction:
        landings.intend_landing(transaction, 1, "b", "c", 2.0)
    with store.begin() as transaction:
        assert landings.intended_landings(transaction) == []


def test_an_item_that_landed_does_not_land_again(store: Store) -> None:
    open_request(store, "approved")
    with store.begin() as transaction:
        landings.intend_landing(transaction, 1, "b", "c", 2.0)
        landings.finish_landing(transaction, 1, "c", 2.0)
        values = {"number": 2, "item": 1, "job": 77, "state": "approved", "base": "b", "head": "k", "opened_at": 1.0}
        transaction.execute(pull_requests.insert().values(**values))
    with pytest.raises(WrongMove, match="item 1 is landed"), store.begin() as transaction:
        landings.intend_landing(transaction, 2, "c", "d", 3.0)


def test_a_landing_finished_twice_is_one_landing(store: Store) -> None:
    open_request(store, "approved")
    with store.begin() as transaction:
        landings.intend_landing(transaction, 1, "b", "c", 2.0)
    for _ in range(2):
        with store.begin() as transaction:
            landings.finish_landing(transaction, 1, "c", 2.0)
    with store.begin() as transaction:
        assert transaction.execute(select(landing_table.c.state)).scalars().all() == ["landed"]


def test_what_main_has_landed_although_its_request_was_closed_before_that_was_noted(store: Store) -> None:
    open_request(store, "approved")
    with store.begin() as transaction:
        landings.intend_landing(transaction, 1, "b", "c", 2.0)
    with store.begin() as transaction:  # the coordinator died, and a person leaves the node out meanwhile
        make_move(transaction, SKIP, 1)
        withdrawal.drop_work(transaction, 1, "Left out by a person.", 3.0)
    with store.begin() as transaction:
        landings.finish_landing(transaction, 1, "c", 4.0)
        assert transaction.execute(select(pull_requests.c.state)).scalar_one() == "landed"
        assert transaction.execute(select(item_table.c.state).where(item_table.c.id == 1)).scalar_one() == "landed"


def test_a_build_that_ends_after_its_request_was_closed_changes_nothing(store: Store) -> None:
    open_request(store, "checking")
    for accepted in (True, False):
        with store.begin() as transaction:
            job = jobs.send_job(transaction, "build", now=1.0, lease_seconds=9.0, base="b", item=1, pull_request=1)
            requests.bounce(transaction, 1, "reviewer", "No.", RetrySettings(), 2.0)
            report = BuildEnded(job, accepted=accepted, reasons=("no",), lock="d")
            assert reports.end_build(transaction, report, RetrySettings(), 3.0)
            assert transaction.execute(select(pull_requests.c.state)).scalar_one() == "bounced"
            assert len(transaction.execute(select(failures)).all()) == 1
