"""Several approved branches, built at once: real git and a real store; the builder is the test, and once real Lean."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from coordinator.campaign.wishes import Revise
from coordinator.engine.joint_builds import JOINT, joint_ref
from coordinator.git import MAIN, Batch, Repository, Trailers
from coordinator.store import jobs, requests
from coordinator.store.batches import load_window
from coordinator.store.certificates import keep_certificates
from coordinator.store.landings import replace_modules
from coordinator.store.loading import load_modules
from coordinator.store.revisions import revise
from coordinator.store.schema import batches, pull_requests
from coordinator.verify.verification import Question, verify
from coordinator.work.host import HostSettings
from coordinator.work.orders import AuditOrder, Envelope, JointMember, JointOrder
from coordinator.work.reports import AuditEnded, JointEnded
from coordinator.work.workshop import Workshop
from tests.checker.desk import HEAD, PROJECT
from tests.support.approved_branches import BOOK, LINES, RETRY, Bench, digest, record
from tests.support.repositories import commit_files
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.store.store import Store


@pytest.fixture
def bench(hub: Repository, store: Store, tmp_path: Path) -> Bench:
    made = Bench(hub, store, tmp_path)
    made.push({"L/Ground.lean": "ground\n", "L/Many.lean": LINES})
    return made


def stale(bench: Bench, count: int) -> list[int]:
    """So many branches, in files of their own, below which an interface moved since they were certified."""
    numbers = [bench.propose(f"n{number}", {f"L/N{number}.lean": f"{number}\n"}) for number in range(count)]
    bench.push({"README": "moved\n"})
    return numbers


def test_branches_below_which_an_interface_moved_are_built_at_once_and_land_in_one_move(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = stale(bench, 5)
    job, lot = bench.begin()
    assert [change.approved.number for change in lot.changes] == numbers
    assert bench.look() == bench.look(builders=9), "what is being built waits"
    assert bench.states(numbers) == ["approved"] * 5
    moves, real = list[int](), bench.hub.land

    def counted(batch: Batch) -> None:
        moves.append(len(batch.landings))
        real(batch)

    monkeypatch.setattr(bench.hub, "land", counted)
    bench.answer(job, lot)
    bench.settle()
    assert bench.states(numbers) == ["landed"] * 5
    assert (moves, bench.batches()) == ([5], 0)
    assert bench.hub.head(f"refs/candidates/joint/{job}") is None
    with bench.store.begin() as transaction:
        assert load_window(transaction) == 20


def test_the_one_that_is_wrong_goes_back_with_its_module_and_the_others_land(bench: Bench) -> None:
    numbers = stale(bench, 3)
    job, lot = bench.begin()
    bench.answer(job, lot, bad=[numbers[1]])
    bench.settle()
    assert bench.states(numbers) == ["landed", "bounced", "landed"]
    (words,) = bench.words()
    assert words.startswith(f"On main at {lot.tip[:10]}: L.N1: build-failed: it is wrong.")
    assert "The interface of L.Ground (of old → i-" in words


def test_branches_that_touch_one_file_are_built_on_top_of_each_other_and_land_together(bench: Bench) -> None:
    words = ("one", "two", "three")
    numbers = [
        bench.propose(f"n{at}", {"L/Many.lean": LINES.replace(word, f"{word}!")}) for at, word in enumerate(words)
    ]
    bench.push({"README": "moved\n"})
    job, lot = bench.begin()
    assert [change.follows for change in lot.changes] == [(), (numbers[0],), (numbers[0], numbers[1])]
    assert lot.changes[2].base != lot.changes[1].base
    bench.answer(job, lot)
    bench.settle()
    assert bench.states(numbers) == ["landed"] * 3
    tip = bench.hub.head() or ""
    assert bench.text(tip, "L/Many.lean") == "one!\n\n\n\ntwo!\n\n\n\nthree!\n\n\n\nfour\n"
    told = [Trailers.of(bench.hub.message(commit)) for commit in bench.hub.log(tip)[:3]]
    assert [each.node for each in told] == ["n2", "n1", "n0"]
    assert len({each.certificates for each in told}) == 3
    with bench.store.begin() as transaction:
        assert load_modules(transaction)["L.Many"].source_digest == digest(bench.text(tip, "L/Many.lean"))


def test_what_was_judged_on_top_of_a_branch_that_came_to_nothing_is_judged_again(bench: Bench) -> None:
    lower = bench.propose("n0", {"L/Many.lean": LINES.replace("one", "one!")})
    upper = bench.propose("n1", {"L/Many.lean": LINES.replace("four", "four!"), "L/Own.lean": "own\n"})
    bench.push({"README": "moved\n"})
    job, lot = bench.begin()
    bench.answer(job, lot)
    with bench.ledger.begin() as transaction:
        requests.bounce(transaction, lower, "reviewer", "No.", RETRY, 2.0)
    bench.settle()
    assert bench.states([lower, upper]) == ["bounced", "checking"]


def test_where_the_gate_refuses_the_lower_of_two_the_upper_waits_for_a_build_of_its_own(bench: Bench) -> None:
    lower = bench.propose("n0", {"L/Many.lean": LINES.replace("one", "one!")})
    upper = bench.propose("n1", {"L/Many.lean": LINES.replace("four", "four!")})
    bench.push({"README": "moved\n"})
    job, lot = bench.begin()
    bench.answer(job, lot, bad=[lower])
    bench.settle()
    assert bench.states([lower, upper]) == ["bounced", "approved"]
    bench.look()
    assert bench.states([upper]) == ["checking"]


def test_a_certificate_that_another_build_brought_lands_no_branch_that_the_gate_has_not_judged_so(bench: Bench) -> None:
    (number,) = stale(bench, 1)
    with bench.ledger.begin() as transaction:
        keep_certificates(transaction, {"L.N0": record("0\n", {"L.Ground": f"i-{digest('ground')}"})})
        known = transaction.execute(
            select(pull_requests.c.modules).where(pull_requests.c.number == number)
        ).scalar_one()
        assert known["L.N0"]["imports"] == {"L.Ground": "of old"}
    bench.look()
    assert bench.states([number]) == ["checking"]


@pytest.mark.parametrize("state", ["sent", "running", "ended"])
def test_a_killed_coordinator_goes_on_with_its_joint_build(bench: Bench, state: str) -> None:
    numbers = stale(bench, 3)
    job, lot = bench.begin()
    if state == "running":
        bench.ledger.renew_leases("worker", [job], 99.0, 2.0)
    if state == "ended":
        bench.answer(job, lot)
    bench.start()
    if state != "ended":
        assert bench.batches() == 0
        bench.answer(job, lot)
        assert bench.states(numbers) == ["approved"] * 3, "its lease was lost"
        job, again = bench.begin()
        assert [change.approved.number for change in again.changes] == numbers
        bench.answer(job, again)
    bench.settle()
    assert bench.states(numbers) == ["landed"] * 3
    assert not bench.hub.refs_below(JOINT)


@pytest.mark.parametrize("end", ["reaped", "cancelled"])
def test_what_was_joined_for_a_build_that_is_dropped_does_not_stay_in_the_hub(bench: Bench, end: str) -> None:
    stale(bench, 2)
    job, lot = bench.begin()
    bench.lander.clear()
    assert bench.hub.refs_below(JOINT) == {joint_ref(job): lot.commit}, "it is being built"
    if end == "reaped":
        with bench.ledger.begin() as transaction:
            jobs.reap_job(transaction, job, 2.0, blame=None)
    else:
        bench.report(JointEnded(job, error="Stopped.", cancelled=True))
    assert bench.batches() == 0
    bench.lander.clear()
    assert not bench.hub.refs_below(JOINT)


def test_what_a_killed_coordinator_left_in_the_hub_is_cleared_but_for_what_is_still_to_be_settled(
    bench: Bench,
) -> None:
    stale(bench, 2)
    job, lot = bench.begin()
    bench.answer(job, lot)
    bench.hub.put_all([(joint_ref(number), lot.commit) for number in (job + 7, job + 8)])
    bench.start()
    assert bench.hub.refs_below(JOINT) == {joint_ref(job): lot.commit}
    bench.settle()
    assert not bench.hub.refs_below(JOINT)


def test_builders_that_give_no_answer_are_nobodys_fault_and_asked_again_later_with_fewer(bench: Bench) -> None:
    numbers = stale(bench, 4)
    for _ in range(2):
        job, lot = bench.begin()
        assert len(lot.changes) == 4
        bench.report(JointEnded(job, error="The disk is full."))
        bench.settle()
        assert bench.look().lots == (), "not at once"
        bench.now += 1000.0
    assert bench.states(numbers) == ["approved"] * 4
    job, lot = bench.begin()
    assert len(lot.changes) == 2
    bench.answer(job, lot)
    bench.settle()
    assert bench.states(numbers).count("landed") == 2


def test_a_worker_that_dies_over_a_joint_build_counts_and_one_that_never_took_it_does_not(bench: Bench) -> None:
    stale(bench, 2)
    for worker in ("", "worker"):
        job, _ = bench.begin()
        with bench.ledger.begin() as transaction:
            if worker:
                jobs.take_jobs(transaction, worker, [job], 2.0)
            jobs.reap_job(transaction, job, 2.0, blame=RETRY)
        with bench.store.begin() as transaction:
            assert list(transaction.execute(select(batches.c.state)).scalars()) == (["lost"] if worker else [])


def test_a_failure_in_what_nobody_touches_puts_all_in_doubt_and_halves_the_window(bench: Bench) -> None:
    numbers = stale(bench, 4)
    job, lot = bench.begin()
    bench.answer(job, lot, elsewhere=["L.Elsewhere"])
    bench.settle()
    assert bench.states(numbers) == ["approved"] * 4
    with bench.store.begin() as transaction:
        assert load_window(transaction) == 8
    job, lot = bench.begin()
    assert bench.states(numbers[:1]) == ["landed"], "the gate had accepted it by itself on that very tip"
    assert [change.approved.number for change in lot.changes] == numbers[1:3]
    bench.answer(job, lot)
    bench.settle()
    assert bench.states(numbers) == ["landed", "landed", "landed", "approved"]


def test_a_branch_revised_while_it_is_built_is_not_taken_for_what_was_built(bench: Bench) -> None:
    numbers = stale(bench, 2)
    job, lot = bench.begin()
    base = bench.hub.head() or ""
    forced = commit_files(bench.hub, bench.scratch, {"L/N1.lean": "something else\n"}, parent=base)
    with bench.ledger.begin() as transaction:
        revise(transaction, Revise(numbers[1], base, forced, "theirs"), BOOK, 2.0)
    bench.answer(job, lot)
    bench.settle()
    assert bench.states(numbers) == ["landed", "checking"]
    assert bench.text(bench.hub.head() or "", "L/N1.lean") == ""


STATEMENT = HEAD + "public theorem Book.NAME (a : Book.Num) : Eq (Book.add a .zero) a :=\n  sorry\n"
WRONG = HEAD + "public theorem Book.NAME (a : Book.Num) : Book.Gone a :=\n  sorry\n"


def test_real_lean_builds_three_branches_at_once_and_the_wrong_one_goes_back(tmp_path: Path, store: Store) -> None:
    hub = Repository.create(tmp_path / "hub.git")
    hub.move(MAIN, hub.commit(hub.write_tree(PROJECT), [], "a project"), None)
    bench = Bench(hub, store, tmp_path)
    names = ("One", "Two", "Three")
    texts = {name: (WRONG if name == "Two" else STATEMENT).replace("NAME", name.lower()) for name in names}
    numbers = [
        bench.propose(f"n{at}", {f"Book/Nodes/{name}.lean": texts[name]}, {"Book.Nodes.Add": "of old"})
        for at, name in enumerate(names)
    ]
    bench.push({"README": "moved\n"})
    sandbox = any_sandbox().name
    with closing(Workshop(HostSettings(tmp_path / "worker", sandbox=sandbox))) as workshop:
        tip = hub.head() or ""
        envelope = Envelope(1, "key", str(hub.path), tip, "Book", ("Book/Base",), ("Book/Helpers",))
        audited = workshop.carry_out(AuditOrder(envelope, ()), lambda: False)
        assert isinstance(audited, AuditEnded)
        with bench.ledger.begin() as transaction:
            replace_modules(transaction, audited.modules)
        job, lot = bench.begin()
        members = tuple(
            JointMember(
                change.approved.number,
                change.base,
                change.head,
                "statement",
                f"Book.{name.lower()}",
                f"Book.Nodes.{name}",
                is_definition=False,
                lock=None,
                follows=change.follows,
            )
            for name, change in zip(names, lot.changes, strict=True)
        )
        order = JointOrder(replace(envelope, job=job), lot.commit, members)
        ended = workshop.carry_out(order, lambda: False)
    assert isinstance(ended, JointEnded)
    assert not ended.error
    assert set(ended.failures) == {"Book.Nodes.Two"}
    bench.report(ended)
    bench.settle()
    assert bench.states(numbers) == ["landed", "bounced", "landed"]
    (words,) = bench.words()
    assert words.startswith(f"On main at {tip[:10]}: Book.Nodes.Two: ")
    assert "Book.Gone" in words
    assert "The interface of Book.Nodes.Add (of old" in words
    landing = hub.head() or ""
    question = Question(hub.path, f"{landing}~1", landing, "Book.three", "statement", sandbox)
    assert Trailers.of(hub.message(landing)).certificates == (verify(question).certificate,)
