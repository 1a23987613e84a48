"""What a campaign does right now: the jobs under way, since when, and how fast money is spent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.store.kept import get_meta
from coordinator.store.schema import items, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint import Stage
    from coordinator.schedule.state import JobKind
    from coordinator.store.store import Store

_NAMED = 50
"""Jobs that are named, the oldest ones: no screen has more lines."""

_WINDOW = 3600.0
"""Seconds over which spending is averaged."""

_SHORTEST_WINDOW = 60.0
"""Seconds it is averaged over at least: the first dollar of a run says little about an hour."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that a worker holds.

    Attributes:
        kind: of the job.
        label: of its node; empty for an audit.
        stage: of the node; ``None`` for an audit.
        seconds: since it was sent.
    """

    kind: JobKind
    label: str
    stage: Stage | None
    seconds: float


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is under way.

    Attributes:
        counts: jobs that were sent and have not ended, by kind.
        jobs: those that a worker holds, the oldest first, as many as a screen has lines.
        dollars_an_hour: spent in the last hour of this run, or so much of one as there was.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    jobs: tuple[RunningJob, ...] = ()
    dollars_an_hour: float = 0.0


def look_at_jobs(store: Store, now: float | None = None) -> UnderWay:
    """What is under way at `now` (seconds since the epoch; the present when left out)."""
    at = time.time() if now is None else now
    live = jobs.c.state != "ended"
    with store.begin() as transaction:
        counts = transaction.execute(select(jobs.c.kind, func.count()).where(live).group_by(jobs.c.kind)).all()
        held = (
            select(jobs.c.kind, jobs.c.sent_at, items.c.label, items.c.stage)
            .join(items, items.c.id == jobs.c.item, isouter=True)
            .where(jobs.c.state == "running")
            .order_by(jobs.c.sent_at, jobs.c.id)
            .limit(_NAMED)
        )
        running = tuple(
            RunningJob(row.kind, row.label or "", row.stage, max(at - row.sent_at, 0.0))
            for row in transaction.execute(held)
        )
        since = max(float(get_meta(transaction, "began", at)), at - _WINDOW)
        spent = transaction.execute(select(func.sum(jobs.c.cost_usd)).where(jobs.c.ended_at >= since)).scalar_one()
    hours = max(at - since, _SHORTEST_WINDOW) / 3600.0
    return UnderWay(dict(counts), running, (spent or 0.0) / hours)
