"""Where the money went: what `blueprover cost` prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import func, select

from coordinator.store.schema import items, jobs

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.store.transaction import Transaction

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


def divide_cost(transaction: Transaction, by: Division, book: Blueprint | None = None) -> list[Share]:
    """What each part has cost: hours and chapters in their order, all others from the dearest down.

    Args:
        transaction: of the store.
        by: what to divide it by.
        book: with the chapters; the other parts are known without.
    """
    key = {"node": items.c.label, "chapter": items.c.label, "model": jobs.c.model, "kind": jobs.c.kind}.get(by)
    part = ((jobs.c.sent_at // _HOUR) if key is None else func.coalesce(key, "")).label("part")
    sums = [
        func.count(),
        *(func.sum(column) for column in (jobs.c.cost_usd, jobs.c.input_tokens, jobs.c.output_tokens)),
    ]
    query = select(part, *sums).group_by("part")
    if by in {"node", "chapter"}:
        query = query.select_from(jobs).join(items, items.c.id == jobs.c.item, isouter=True)
    titles = [f"{each.number} {each.title}".strip() for each in book.chapters] if book is not None else []
    chapters = {node.label: node.chapter for node in book.nodes} if book is not None else {}
    totals: dict[tuple[int, str], Share] = {}
    for row in transaction.execute(query):
        place, name = 0, str(row[0])
        if by == "hour":
            place, name = int(row[0]), _name_of_hour(int(row[0]))
        elif by == "chapter":
            place = chapters.get(name, len(titles))
            name = titles[place] if place < len(titles) else ""
        before = totals.get((place, name), Share(name, 0, 0.0, 0, 0))
        totals[place, name] = before.with_more(*row[1:])
    ordered = sorted(totals.items(), key=lambda entry: (entry[0][0], -entry[1].cost_usd, entry[0][1]))
    return [share for _, share in ordered]


def _name_of_hour(hours: int) -> str:
    """What people call an hour, so many after the epoch."""
    return datetime.fromtimestamp(hours * _HOUR, UTC).strftime("%Y-%m-%d %H:00")
