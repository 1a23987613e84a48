"""Several approved branches, built at once: real git and a real store; the builder is the test, and once real Lean."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.campaign.wishes import Revise
from coordinator.engine.landing import Lander
from coordinator.git import MAIN, Batch, Repository, Trailers
from coordinator.queue import ModuleRecord
from coordinator.store import items, jobs, reports, requests
from coordinator.store.batches import end_joint, load_batches, load_window, start_batch
from coordinator.store.certificates import keep_certificates
from coordinator.store.landings import replace_modules
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules
from coordinator.store.revisions import revise
from coordinator.store.schema import batches, feedback, pull_requests
from coordinator.store.store import Store, Transaction, set_meta
from coordinator.verify.verification import Question, verify
from coordinator.work.host import HostSettings
from coordinator.work.messages import (
    AttemptEnded,
    AuditEnded,
    AuditOrder,
    BuildEnded,
    Envelope,
    JointEnded,
    JointMember,
    JointOrder,
    JointVerdict,
)
from coordinator.work.workshop import Workshop
from tests.checker.desk import HEAD, PROJECT
from tests.support.books import book, node
from tests.support.repositories import commit_files
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from coordinator.engine.joint_builds import Lot
    from coordinator.engine.looking import Round
    from coordinator.schedule.state import JobKind

RETRY = RetrySettings()
BOOK = book(*(node(f"n{number}") for number in range(12)))
LINES = "one\n\n\n\ntwo\n\n\n\nthree\n\n\n\nfour\n"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def record(text: str, imports: Mapping[str, str] | None = None) -> ModuleRecord:
    """What the test certifies of a text: its interface is its first line."""
    return ModuleRecord(digest(text), f"i-{digest(text.splitlines()[0])}", imports or {})


def module_of(path: str) -> str:
    return path.removesuffix(".lean").replace("/", ".")


class Bench:
    """A campaign whose branches were certified some time ago, and have to be built again."""

    def __init__(self, hub: Repository, store: Store, scratch: Path) -> None:
        self.hub, self.store, self.scratch = hub, store, scratch
        self.now = 1.0
        with store.begin() as transaction:
            items.seed_items(transaction, BOOK)
            for name in ("main", "certified"):
                set_meta(transaction, name, hub.head())
        self.start()

    def start(self) -> None:
        """Starts a coordinator, in the place of one that was killed if there was one."""
        self.ledger = Ledger(self.store, DependencyGraph(BOOK), Settings(retry=RETRY))
        self.lander = Lander(self.hub, self.ledger, RETRY)
        self.lander.recover(self.now)
        with self.ledger.begin() as transaction:
            for job in self.ledger.state.jobs:
                jobs.reap_job(transaction, job.id, self.now, blame=None)

    def push(self, files: Mapping[str, str]) -> None:
        """A person pushes to main, and the audit passes."""
        tip = commit_files(self.hub, self.scratch, dict(files), MAIN, self.hub.head())
        with self.ledger.begin() as transaction:
            for name in ("main", "certified"):
                set_meta(transaction, name, tip)
            audit = self._send(transaction, "audit", tip)
            known = {module_of(path): record(text) for path, text in files.items() if path.endswith(".lean")}
            ended = AuditEnded(audit, "", modules={**load_modules(transaction), **known})
            reports.end_audit(transaction, ended, self.now)

    def propose(self, label: str, files: Mapping[str, str], imports: Mapping[str, str] | None = None) -> int:
        """An approved pull request, certified when imports showed what they do not show any more."""
        base = self.hub.head() or ""
        head = commit_files(self.hub, self.scratch, dict(files), parent=base)
        item = self.ledger.state.items[label, "statement"].id
        seen = {module_of(path): record(text, imports or {"L.Ground": "of old"}) for path, text in files.items()}
        with self.ledger.begin() as transaction:
            job = self._send(transaction, "attempt", base, item)
            ended = AttemptEnded(job, "submitted", "words", Usage(), head)
            reports.end_attempt(transaction, ended, RETRY, self.now)
            number: int = max(transaction.execute(select(pull_requests.c.number)).scalars())
            build = self._send(transaction, "build", base, item, number)
            reports.end_build(transaction, BuildEnded(build, accepted=True, lock="lock", modules=seen), RETRY, self.now)
            requests.approve(transaction, number, self.now)
        return number

    def _send(
        self, transaction: Transaction, kind: JobKind, base: str, item: int | None = None, request: int | None = None
    ) -> int:
        return jobs.send_job(
            transaction, kind, now=self.now, lease_seconds=9.0, base=base, item=item, pull_request=request
        )

    def look(self, builders: int = 1) -> Round:
        """One round of the loop's landing."""
        numbers = [request.number for request in self.ledger.state.pull_requests]
        return self.lander.land(numbers, self.now, builders)

    def begin(self) -> tuple[int, Lot]:
        """Goes on until branches are to be built together, and sends that job."""
        for _ in range(9):
            lots = self.look().lots
            if lots:
                (lot,) = lots
                with self.ledger.begin() as transaction:
                    job = self._send(transaction, "joint", lot.tip)
                    start_batch(transaction, job, lot.tip, lot.commit, lot.members, lot.before)
                self.lander.keep(job, lot)
                return job, lot
        raise AssertionError("nothing is to be built")

    def text(self, commit: str, path: str) -> str:
        return (self.hub.read(commit, path) or b"").decode()

    def answer(self, job: int, lot: Lot, bad: Collection[int] = (), elsewhere: Collection[str] = ()) -> None:
        """Answers as a builder whom the branches `bad` displease, and modules that nobody touches."""
        verdicts: list[JointVerdict] = []
        modules: dict[str, ModuleRecord] = {}
        refused: set[int] = set()
        for change in lot.changes:
            number = change.approved.number
            paths = [each.path for each in self.hub.changes([(change.approved.base, change.approved.head)])[0]]
            if refused.intersection(change.follows):
                continue
            if number in bad:
                refused.add(number)
                reasons = tuple((path, "build-failed: it is wrong.") for path in paths)
                verdicts.append(JointVerdict(number, accepted=False, reasons=reasons))
                continue
            seen = {module_of(path): self._seen(change.head, path) for path in paths}
            verdicts.append(JointVerdict(number, accepted=True, lock="lock", modules=seen))
            modules |= {module_of(path): self._seen(lot.commit, path) for path in paths}
        failures = dict.fromkeys(elsewhere, "line 1: it is wrong")
        for change in lot.changes:
            if change.approved.number in refused:
                failures |= dict.fromkeys(change.approved.modules, "line 1: it is wrong")
        self.report(JointEnded(job, modules=modules, failures=failures, verdicts=tuple(verdicts)))

    def _seen(self, commit: str, path: str) -> ModuleRecord:
        with self.store.begin() as transaction:
            ground = load_modules(transaction)["L.Ground"].interface_digest
        return record(self.text(commit, path), {"L.Ground": ground})

    def report(self, report: JointEnded) -> None:
        with self.ledger.begin() as transaction:
            end_joint(transaction, report, self.now)

    def settle(self) -> None:
        for _ in range(6):
            before = self.ledger.changes
            self.look(builders=0)
            if self.ledger.changes == before:
                return
        raise AssertionError("it does not come to rest")

    def states(self, numbers: Collection[int]) -> list[str]:
        with self.store.begin() as transaction:
            found = {row.number: row.state for row in transaction.execute(select(pull_requests))}
        return [found[number] for number in numbers]

    def words(self) -> list[str]:
        with self.store.begin() as transaction:
            return list(transaction.execute(select(feedback.c.text)).scalars())

    def batches(self) -> int:
        with self.store.begin() as transaction:
            return len(load_batches(transaction))


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
