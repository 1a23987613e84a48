"""Approved branches that wait to land, in real git and a real store, with the test as their builder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.engine.landing import Lander
from coordinator.git import MAIN, Repository
from coordinator.queue import ModuleRecord
from coordinator.store import audits, items, jobs, reports, requests
from coordinator.store.batches import end_joint, load_batches, start_batch
from coordinator.store.kept import set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_modules
from coordinator.store.schema import feedback, pull_requests
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded, JointEnded, JointVerdict
from tests.support.books import book, node
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from coordinator.engine.joint_builds import Lot
    from coordinator.engine.looking import Round
    from coordinator.schedule.state import JobKind
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction

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
            audits.end_audit(transaction, ended, self.now)

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
