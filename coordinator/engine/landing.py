"""Landing: joining a branch with ``main`` in memory and moving ``main`` by compare-and-set.

A landing is written down before the ref moves. A coordinator that dies in between finds the note when it starts
again, asks git whether the commit is on ``main``, and finishes or forgets it: nothing lands twice, nothing is lost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from coordinator.errors import RefMoved
from coordinator.git import MAIN, candidate_ref
from coordinator.queue import ModuleRecord, broken_certificates
from coordinator.store.issues import closed_by_landing
from coordinator.store.landings import abandon_landing, finish_landing, intend_landing, intended_landings
from coordinator.store.loading import load_modules
from coordinator.store.requests import bounce, recheck
from coordinator.store.schema import pull_requests
from coordinator.store.store import set_meta

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from coordinator.campaign.settings import RetrySettings
    from coordinator.git import Repository
    from coordinator.schedule.state import Item, PullRequest
    from coordinator.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Candidate:
    """A branch joined with the tip it was joined with."""

    tip: str
    commit: str


class Lander:
    """Moves ``main``, one branch at a time. The only one who does."""

    def __init__(self, hub: Repository, ledger: Ledger, retry: RetrySettings) -> None:
        self._hub = hub
        self._ledger = ledger
        self._retry = retry

    def recover(self, now: float) -> None:
        """Finishes or forgets the landings a killed coordinator left, and takes note of where ``main`` is."""
        tip = self._hub.head()
        with self._ledger.begin() as transaction:
            for number, after in intended_landings(transaction):
                if tip is not None and self._hub.has(after) and self._hub.is_ancestor(after, tip):
                    finish_landing(transaction, number, after, now)
                else:
                    abandon_landing(transaction, after)
            set_meta(transaction, "main", tip or "")

    def join(self, request: PullRequest, now: float) -> Candidate | None:
        """Joins a branch with the tip for the builders, or sends it back when git finds a conflict."""
        tip = self._hub.head() or ""
        merge = self._hub.merge(tip, request.head)
        if not merge.clean:
            self._bounce(request, merge.conflicts, tip, now)
            return None
        commit = self._hub.commit(merge.tree, [tip, request.head], f"Join pull request {request.number} with main")
        self._hub.put(candidate_ref(request.number), commit)
        return Candidate(tip, commit)

    def land(self, request: PullRequest, item: Item, now: float) -> bool:
        """Lands an approved branch, or sends it back to the builders or its author. Says whether it landed.

        Nothing lands on a tip that is not certified: a person may have pushed since ``main`` was last looked at, and
        a landing would pass that push off as certified.
        """
        with self._ledger.begin() as transaction:
            row = transaction.execute(select(pull_requests).where(pull_requests.c.number == request.number)).one()
            current = load_modules(transaction)
            closed = closed_by_landing(transaction, request.number)
        tip = self._hub.head() or ""
        if tip != self._ledger.state.certified:
            return False
        merge = self._hub.merge(tip, request.head)
        if not merge.clean:
            self._bounce(request, merge.conflicts, tip, now)
            return False
        commit = self._hub.commit(merge.tree, [tip, request.head], _message(row, item, closed))
        if request.certified != tip and not self._still_certified(row, current, commit):
            with self._ledger.begin() as transaction:
                recheck(transaction, request.number, now)
            return False
        return self._move(request.number, tip, commit, now)

    def _still_certified(self, row: Any, current: dict[str, ModuleRecord], commit: str) -> bool:
        """Whether the branch's certificates hold on a tip that moved: same sources, same interfaces below."""
        changed = {name: ModuleRecord(**record) for name, record in row.modules.items()}
        if broken_certificates(changed, current):
            return False
        return all(
            _digest(self._hub.read(commit, f"{name.replace('.', '/')}.lean")) == record.source_digest
            for name, record in changed.items()
        )

    def _move(self, number: int, tip: str, commit: str, now: float) -> bool:
        with self._ledger.begin() as transaction:
            intend_landing(transaction, number, tip, commit, now)
        try:
            self._hub.move(MAIN, commit, tip)
        except RefMoved:
            # Somebody pushed to main: the next round joins the branch with what is there now.
            with self._ledger.begin() as transaction:
                abandon_landing(transaction, commit)
                transaction.log("main_moved", now, pull_request=number)
            return False
        with self._ledger.begin() as transaction:
            finish_landing(transaction, number, commit, now)
        return True

    def _bounce(self, request: PullRequest, paths: tuple[str, ...], tip: str, now: float) -> None:
        reason = f"It conflicts with main at {tip[:10]} in {', '.join(paths)}. Start from main as it is now."
        with self._ledger.begin() as transaction:
            bounce(transaction, request.number, "merge", reason, self._retry, now)


def _digest(source: bytes | None) -> str:
    return hashlib.sha256(source).hexdigest() if source is not None else ""


def _message(row: Any, item: Item, closed: Sequence[int]) -> str:
    closing = "".join(f"Closes-issue: {number}\n" for number in closed)
    return (
        f"Land {item.stage} of {item.label} (pull request {row.number})\n\n{row.summary}\n\n"
        f"Node: {item.label}\nStage: {item.stage}\nPull-request: {row.number}\nCertified-on: {row.certified}\n"
        f"Meaning: {row.lock}\n{closing}"
    )
