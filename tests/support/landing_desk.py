"""A hub, a store and a lander to propose branches to and to land them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select

from agents import Usage
from blueprint import DependencyGraph
from coordinator.campaign.settings import RetrySettings, Settings
from coordinator.engine.landing import Lander
from coordinator.queue import ModuleRecord
from coordinator.store import items, jobs, reports, requests
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.ledger import Ledger
from coordinator.store.loading import load_state
from coordinator.store.schema import pull_requests
from coordinator.work.reports import AttemptEnded, BuildEnded
from tests.support.books import book, node
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Repository
    from coordinator.store.store import Store


RETRY = RetrySettings()


NEWLINE = "\n"


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
            if get_meta(transaction, "main", None) is None:
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
        base: str | None = None,
        summary: str = "words",
    ) -> int:
        """Opens a pull request that changes `files` of `base`, certified on main as it is; returns its number.

        A text's interface is its first line.
        """
        base = base or self.hub.head() or ""
        head = commit_files(self.hub, self.scratch, files, parent=base)
        modules = {
            path.removesuffix(".lean").replace("/", "."): ModuleRecord(
                digest(text), f"i-{digest(text.partition(NEWLINE)[0])}", imports or {}
            )
            for path, text in files.items()
            if path.endswith(".lean")
        }
        with self.ledger.begin() as transaction:
            job = self._send(transaction, "attempt", base, item)
            ended = AttemptEnded(job, "submitted", summary, Usage(), head, closes=closes)
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
        self.lander.land([number], 2.0, builders=9)
        return self.ledger.state.request(number) is None and self.state_of(number) == "closed" and self.landed(number)

    def landed(self, number: int) -> bool:
        with self.store.begin() as transaction:
            found = transaction.execute(select(pull_requests.c.state).where(pull_requests.c.number == number))
            return str(found.scalar_one()) == "landed"

    def state_of(self, number: int) -> str:
        with self.store.begin() as transaction:
            return next(
                (each.state for each in load_state(transaction).pull_requests if each.number == number), "closed"
            )
