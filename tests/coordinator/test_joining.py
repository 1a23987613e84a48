"""Branches joined with a main that has moved: by git, by declarations, by a proof alone, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from coordinator.queue import ModuleRecord
from coordinator.store import reports, requests
from coordinator.store.schema import pull_requests
from coordinator.work.reports import BuildEnded

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.store.store import Store
from tests.support.landing_desk import NEWLINE, RETRY, Desk, digest


@pytest.fixture
def desk(hub: Repository, store: Store, tmp_path: Path) -> Desk:
    return Desk(hub, store, tmp_path)


def test_branches_are_joined_with_main_at_once_and_those_that_cannot_be_go_back(desk: Desk) -> None:
    old = desk.hub.head()
    assert desk.land(desk.propose(1, {"L/A.lean": "a"}))
    numbers = [
        desk.propose(3, {"L/B.lean": "b"}, base=old),
        desk.propose(2, {"L/A.lean": "another"}, base=old),
        desk.propose(4, {"L/C.lean": "c"}, base=old),
    ]
    fit, conflicting, gone = (desk.ledger.state.request(number) for number in numbers)
    assert fit is not None
    assert conflicting is not None
    assert gone is not None
    tip = desk.hub.head() or ""
    joined = desk.lander.join([fit, conflicting, replace(gone, head="1" * 40)], 3.0, {})
    assert set(joined) == {fit.number}
    candidate = joined[fit.number]
    assert candidate.tip == tip
    assert desk.hub.head(f"refs/candidates/{fit.number}") == candidate.commit
    assert {"L/A.lean", "L/B.lean"} <= set(desk.hub.blobs(candidate.commit))
    assert desk.hub.is_ancestor(fit.head, candidate.commit)
    assert desk.hub.is_ancestor(tip, candidate.commit)
    assert [desk.state_of(number) for number in numbers] == ["approved", "closed", "closed"]


def test_a_conflict_bounces_with_the_path_and_main_stays(desk: Desk) -> None:
    first, second = desk.propose(1, {"L/S.lean": "one\n"}), desk.propose(3, {"L/S.lean": "two\n"})
    assert desk.land(first)
    tip = desk.hub.head()
    assert not desk.land(second)
    waiting = desk.ledger.state.request(second)
    assert waiting is not None
    assert desk.lander.join([waiting], 5.0, {}) == {}
    assert desk.hub.head() == tip
    assert desk.state_of(second) == "closed"
    with desk.store.begin() as transaction:
        rows = transaction.connection.exec_driver_sql("select source, text from feedback").all()
    assert [row[0] for row in rows] == ["merge"]
    assert "L/S.lean" in rows[0][1]


LEAN = "module\nprelude\npublic import L.Base\n\npublic theorem a : True := .intro\n"


def test_two_branches_that_add_a_lemma_at_the_same_place_both_land(desk: Desk) -> None:
    first = desk.propose(1, {"L/Many.lean": LEAN})
    assert desk.land(first)
    base = desk.hub.head() or ""
    one = desk.propose(2, {"L/Many.lean": LEAN + "\npublic theorem b : True := .intro\n"}, base=base)
    two = desk.propose(3, {"L/Many.lean": LEAN + "\npublic theorem c : True := .intro\n"}, base=base)
    assert desk.land(one)
    assert not desk.land(two)
    assert desk.state_of(two) == "checking", "git cannot join it: it goes to the builders and not back to its author"
    request = desk.ledger.state.request(two)
    assert request is not None
    candidate = desk.lander.join([request], 3.0, {})[two]
    text = (desk.hub.read(candidate.commit, "L/Many.lean") or b"").decode()
    assert [name in text for name in ("theorem a", "theorem b", "theorem c", "<<<<")] == [True, True, True, False]
    record = ModuleRecord(digest(text), f"i-{digest(text.partition(NEWLINE)[0])}", {})
    with desk.ledger.begin() as transaction:
        build = desk._send(transaction, "build", candidate.tip, 3, two)
        told = BuildEnded(build, accepted=True, lock="lock", modules={"L.Many": record})
        reports.end_build(transaction, told, RETRY, 3.0)
        requests.approve(transaction, two, 3.0)
    assert desk.land(two)
    tip = desk.hub.head() or ""
    assert (desk.hub.read(tip, "L/Many.lean") or b"").decode() == text
    with desk.store.begin() as transaction:
        rungs = transaction.execute(select(pull_requests.c.rung).order_by(pull_requests.c.number)).scalars().all()
    assert rungs == ["git", "git", "declarations"]


def test_what_no_rung_joins_goes_back_to_its_author_with_the_paths(desk: Desk) -> None:
    base = desk.hub.head() or ""
    one = desk.propose(1, {"L/Many.lean": LEAN}, base=base)
    two = desk.propose(3, {"L/Many.lean": LEAN.replace(".intro", "trivial")}, base=base)
    assert desk.land(one)
    assert not desk.land(two)
    request = desk.ledger.state.request(two)
    assert request is not None
    assert desk.lander.join([request], 3.0, {}) == {}
    assert desk.state_of(two) == "closed"
    with desk.store.begin() as transaction:
        reason = transaction.execute(select(pull_requests.c.reason).where(pull_requests.c.number == two)).scalar_one()
    assert "L/Many.lean" in str(reason)


def test_a_proof_is_put_into_the_tips_file_where_more_than_that_is_in_conflict(desk: Desk) -> None:
    stated = "module\nprelude\npublic import L.Base\n\npublic theorem a : True := sorry\n"
    note = "\n/-- NOTE -/\npublic theorem side : True := .intro\n"
    assert desk.land(desk.propose(1, {"L/Many.lean": stated + note}))
    base = desk.hub.head() or ""
    other = desk.propose(3, {"L/Many.lean": stated + note.replace("NOTE", "What others say")}, base=base)
    proof = stated.replace("sorry", ".intro") + note.replace("NOTE", "What I say")
    proof_of_a = desk.propose(2, {"L/Many.lean": proof}, base=base)
    assert desk.land(other)
    assert not desk.land(proof_of_a)
    request = desk.ledger.state.request(proof_of_a)
    assert request is not None
    candidate = desk.lander.join([request], 3.0, {proof_of_a: "a"})[proof_of_a]
    text = (desk.hub.read(candidate.commit, "L/Many.lean") or b"").decode()
    assert "theorem a : True := .intro" in text
    assert "What others say" in text
    assert "What I say" not in text
