"""Where the money went, and what failed why: what `blueprover cost` and `blueprover failures` print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import func, select

from coordinator.store.schema import failures, items, jobs
from coordinator.store.steering import last_causes

if TYPE_CHECKING:
    from blueprint import Blueprint, Stage
    from coordinator.store.store import Transaction

Division = Literal["node", "chapter", "model", "hour", "kind"]

DIVISIONS: tuple[Division, ...] = get_args(Division)

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Share:
    """What part of a campaign has cost.

    Attributes:
        name: which part: a node's label, a chapter's title, a model, an hour (UTC), or a kind of job.
        jobs: attempts and reviews, or builds and audits.
        cost_usd: dollars.
        input_tokens, output_tokens: spent.
    """

    name: str
    jobs: int
    cost_usd: float
    input_tokens: int
    output_tokens: int

    def with_more(self, jobs: int, cost_usd: float, input_tokens: int, output_tokens: int) -> Share:
        """This and more of it."""
        return Share(
            self.name,
            self.jobs + jobs,
            self.cost_usd + cost_usd,
            self.input_tokens + input_tokens,
            self.output_tokens + output_tokens,
        )


def divide_cost(transaction: Transaction, by: Division, book: Blueprint) -> list[Share]:
    """What each part has cost: hours and chapters in their order, all others from the dearest down."""
    key = {"node": items.c.label, "chapter": items.c.label, "model": jobs.c.model, "kind": jobs.c.kind}.get(by)
    part = ((jobs.c.sent_at // _HOUR) if key is None else func.coalesce(key, "")).label("part")
    sums = [
        func.count(),
        *(func.sum(column) for column in (jobs.c.cost_usd, jobs.c.input_tokens, jobs.c.output_tokens)),
    ]
    joined = select(part, *sums).select_from(jobs).join(items, items.c.id == jobs.c.item, isouter=True)
    chapters = {node.label: node.chapter for node in book.nodes} if by == "chapter" else {}
    totals: dict[tuple[int, str], Share] = {}
    for row in transaction.execute(joined.group_by("part")):
        place = int(row[0]) if by == "hour" else chapters.get(row[0], len(book.chapters))
        name = _name_of(place, by, book) if by in {"hour", "chapter"} else str(row[0])
        before = totals.get((place, name), Share(name, 0, 0.0, 0, 0))
        totals[place, name] = before.with_more(*row[1:])
    ordered = sorted(totals.items(), key=lambda entry: (entry[0][0], -entry[1].cost_usd, entry[0][1]))
    return [share for _, share in ordered]


def _name_of(place: int, by: Division, book: Blueprint) -> str:
    """What people call an hour since the epoch, or a chapter; empty for what stands in none."""
    if by == "hour":
        return datetime.fromtimestamp(place * _HOUR, UTC).strftime("%Y-%m-%d %H:00")
    chapter = book.chapters[place] if place < len(book.chapters) else None
    return "" if chapter is None else f"{chapter.number} {chapter.title}".strip()


@dataclass(frozen=True, slots=True)
class Failing:
    """An item that was given up, or whose last attempt failed.

    Attributes:
        given_up: whether no other attempt will be made.
        attempts: that were made.
        summary: what the last one left.
    """

    label: str
    stage: Stage
    given_up: bool
    attempts: int
    cause: str
    summary: str


def failing_items(transaction: Transaction, cause: str = "") -> list[Failing]:
    """Items that were given up or keep failing (for one `cause`, or any), by cause, those given up first."""
    causes = last_causes(transaction)
    made = select(func.count()).where(jobs.c.item == items.c.id, jobs.c.kind == "attempt").scalar_subquery()
    last = (
        select(failures.c.reason)
        .where(failures.c.item == items.c.id, failures.c.final == 0)
        .order_by(failures.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = transaction.execute(
        select(items.c.id, items.c.label, items.c.stage, items.c.state, made.label("attempts"), last.label("summary"))
        .where(items.c.state.in_(("failed", "open")))
        .order_by(items.c.id)
    )
    found = [
        Failing(row.label, row.stage, row.state == "failed", row.attempts, causes.get(row.id, ""), row.summary or "")
        for row in rows
        if row.state == "failed" or row.id in causes
    ]
    chosen = [each for each in found if not cause or each.cause == cause]
    return sorted(chosen, key=lambda each: (each.cause, not each.given_up))
