"""A campaign with pull requests that nobody runs: a folder with settings, a hub with a tiny book, and a store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import yaml

from agents import Usage
from coordinator.campaign.campaign import Campaign
from coordinator.git import MAIN, Repository
from coordinator.store import jobs, reports
from coordinator.store.requests import bounce
from coordinator.store.store import Store
from coordinator.work.reports import ReviewEnded
from tests.support.landing_desk import RETRY, Desk
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOOK = r"""\documentclass{article}
\begin{document}
\begin{theorem}\label{a} All is well. \end{theorem}
\begin{theorem}\label{b} Nothing is amiss. \end{theorem}
\end{document}
"""


class Requested:
    """Such a campaign, and what happens in it while a coordinator would run it.

    Attributes:
        folder: its folder.
        number: of its pull request, at the statement of the node ``a``, approved by one reviewer.
    """

    def __init__(self, scratch: Path, **settings: object) -> None:
        self.folder, self.scratch = scratch / "campaign", scratch
        self.folder.mkdir()
        (self.folder / "campaign.yaml").write_text(yaml.safe_dump({"name": "A book", **settings}))
        self.hub = Repository.create(self.folder / "hub.git")
        commit_files(self.hub, scratch, {"blueprint/src/web.tex": BOOK}, MAIN)
        with self.desk() as desk:
            self.number = desk.propose(1, {"Book/Main/A.lean": "theorem a : True := trivial\n"})
            self.review(desk, self.number, "Fine.")

    @property
    def campaign(self) -> Campaign:
        """The campaign, opened anew."""
        return Campaign.open(self.folder)

    @property
    def head(self) -> str:
        """The commit that its pull request first proposed."""
        with self.desk() as desk:
            request = desk.ledger.state.request(self.number)
        assert request is not None
        return request.head

    def review(self, desk: Desk, number: int, reasons: str, decision: str = "approve") -> None:
        """Gives a verdict on the commit that a pull request proposes."""
        request = desk.ledger.state.request(number)
        assert request is not None
        with desk.ledger.begin() as transaction:
            job = jobs.send_job(
                transaction,
                "review",
                now=2.0,
                lease_seconds=9.0,
                base=request.base,
                item=request.item,
                pull_request=number,
                number=0,
            )
            ended = ReviewEnded(job, "submitted", "", Usage(), "reviewer (m-1)", decision, reasons, request.head)
            reports.end_review(transaction, ended, 2.0)

    def bounce(self, reason: str) -> None:
        """Sends its pull request back to its item."""
        with self.desk() as desk, desk.ledger.begin() as transaction:
            bounce(transaction, self.number, "reviewer", reason, RETRY, 3.0)

    def land(self) -> None:
        """Lands its pull request."""
        with self.desk() as desk:
            assert desk.land(self.number)

    def edit(self, repository: Repository, files: dict[str, str], ref: str, parent: str) -> str:
        """Does as a person who commits `files` on top of `parent`, and pushes that to `ref` of a repository."""
        commit = commit_files(repository, self.scratch, files, parent=parent)
        repository.put(ref, commit)
        return commit

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The campaign's ledger and lander, while nobody else has them."""
        store = Store(self.folder / "store.sqlite", writable=True)
        try:
            yield Desk(self.hub, store, self.scratch)
        finally:
            store.close()
