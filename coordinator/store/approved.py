"""Approved pull requests as the merge queue needs them: what was certified of each, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.queue import Member, ModuleRecord, Standing
from coordinator.schedule.state import OPEN_STATES
from coordinator.store.issues import closed_by_landing
from coordinator.store.rows import select_among
from coordinator.store.schema import jobs, pull_requests, verdicts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from coordinator.store.transaction import Transaction

_STATES = select(pull_requests.c.number, pull_requests.c.state)
_CHOSEN = (
    select(pull_requests, jobs.c.number.label("attempt"), jobs.c.cost_usd)
    .join(jobs, jobs.c.id == pull_requests.c.job)
    .order_by(pull_requests.c.number)
)
_APPROVING = select(verdicts).where(verdicts.c.decision == "approve").order_by(verdicts.c.seat)
_COSTS = select(jobs.c.pull_request, func.sum(jobs.c.cost_usd)).group_by(jobs.c.pull_request)


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved pull request.

    Attributes:
        number: its own.
        item: what it is about.
        base: the commit of ``main`` its author began from, or it was joined with above git's rung (see `ladder`).
        head: its commit, or the one that came of that.
        certified: the tip of ``main`` it was certified with.
        summary: what its author says of it.
        lock: meaning digest of what it is about.
        modules: what was certified of the modules it changes, or changes the certificate of.
        attempt: which attempt at the item it was.
        reviewers: who approved the commit.
        cost_usd: dollars that the attempt and its reviews cost.
        closes: issues that its landing closes.
        axioms: that what it is about rests on.
        assumes: declarations that it rests on and that are open.
        is_resolved: whether a rung above git's joined it with the tip that it was certified with.
        standing: what joint builds taught about it.
        follows: pull requests on top of which it was judged, in a joint build.
        waits_for: those of them that are open yet.
        is_orphan: whether one of them came to nothing, so that it was judged on what will never be.
    """

    number: int
    item: int
    base: str
    head: str
    certified: str
    summary: str
    lock: str
    modules: Mapping[str, ModuleRecord]
    attempt: int
    reviewers: tuple[str, ...]
    cost_usd: float
    closes: tuple[int, ...] = ()
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    is_resolved: bool = False
    standing: Standing = field(default_factory=Standing)
    follows: tuple[int, ...] = ()
    waits_for: frozenset[int] = frozenset()
    is_orphan: bool = False

    @property
    def member(self) -> Member:
        """It and its commit, in the queue's words."""
        return Member(self.number, self.head)


def load_approved(transaction: Transaction, numbers: Collection[int]) -> list[Approved]:
    """These pull requests, which were approved, oldest first."""
    rows = list(select_among(transaction, _CHOSEN, pull_requests.c.number, numbers))
    reviewers, spent = _approvals(transaction, numbers), _spent(transaction, numbers)
    followed = {number for row in rows for number in row.follows}
    states = {each.number: each.state for each in select_among(transaction, _STATES, pull_requests.c.number, followed)}
    return [
        Approved(
            number=row.number,
            item=row.item,
            base=row.certified if row.joined else row.base,
            head=row.joined or row.head,
            certified=row.certified,
            summary=row.summary,
            lock=row.lock,
            modules={name: ModuleRecord(**record) for name, record in row.modules.items()},
            attempt=row.attempt,
            reviewers=tuple(reviewers.get((row.number, row.head), ())),
            cost_usd=row.cost_usd + spent.get(row.number, 0.0),
            closes=tuple(closed_by_landing(transaction, row.number)) if row.closes else (),
            axioms=tuple(row.axioms),
            assumes=tuple(row.assumes),
            is_resolved=bool(row.joined),
            standing=Standing(**row.standing),
            follows=tuple(row.follows),
            waits_for=frozenset(number for number in row.follows if states[number] in OPEN_STATES),
            is_orphan=any(states[number] not in {*OPEN_STATES, "landed"} for number in row.follows),
        )
        for row in rows
    ]


def _approvals(transaction: Transaction, numbers: Collection[int]) -> dict[tuple[int, str], list[str]]:
    """Who approved, by pull request and commit."""
    given: dict[tuple[int, str], list[str]] = {}
    for row in select_among(transaction, _APPROVING, verdicts.c.pull_request, numbers):
        given.setdefault((row.pull_request, row.commit), []).append(row.reviewer)
    return given


def _spent(transaction: Transaction, numbers: Collection[int]) -> dict[int, float]:
    """Dollars spent on pull requests after they were opened."""
    return {row[0]: row[1] for row in select_among(transaction, _COSTS, jobs.c.pull_request, numbers)}
