"""Sums over a whole campaign: attempts by how they ended, landings, pull requests, and what each model was used for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from blueprint.snapshot import ModelRecord
from coordinator.store.schema import items, jobs, landings, pull_requests

if TYPE_CHECKING:
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction


@dataclass(slots=True)
class Use:
    """What agents have used.

    Attributes:
        input_tokens, output_tokens, cost_usd: of all jobs.
        retries: calls of a model that were made again.
        models: what each model has been used for, by name; without the jobs of which none is known, as of builders.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    retries: int = 0
    models: dict[str, ModelRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Sums over a whole campaign.

    Attributes:
        attempts: by how they ended, or by their state where they have not.
        requests: pull requests by state.
        landings: by stage.
        rungs: landed pull requests by what joined them with ``main``.
        use: what agents have used.
    """

    attempts: dict[str, int]
    requests: dict[str, int]
    landings: dict[str, int]
    rungs: dict[str, int]
    use: Use


def count_all(store: Store) -> Tallies:
    """All of them."""
    with store.begin() as transaction:
        return Tallies(
            use=sum_use(transaction),
            attempts=count_attempts(transaction),
            requests=count_requests(transaction),
            landings=count_landings(transaction),
            rungs=count_rungs(transaction),
        )


def sum_use(transaction: Transaction) -> Use:
    """What all jobs have used, in one pass over them."""
    landed = select(jobs.c.model, func.count()).join(pull_requests, pull_requests.c.job == jobs.c.id)
    landed = landed.where(pull_requests.c.state == "landed").group_by(jobs.c.model)
    counts = {row[0]: row[1] for row in transaction.execute(landed)}
    kinds = (func.count(case((jobs.c.kind == kind, 1))) for kind in ("attempt", "review"))
    sums = (func.sum(each) for each in (jobs.c.cost_usd, jobs.c.input_tokens, jobs.c.output_tokens, jobs.c.retries))
    rows = select(jobs.c.model, *kinds, *sums).group_by(jobs.c.model).order_by(jobs.c.model)
    use = Use()
    for model, attempts, reviews, cost, read, written, retries in transaction.execute(rows):
        use.cost_usd += float(cost)
        use.input_tokens += int(read)
        use.output_tokens += int(written)
        use.retries += int(retries)
        if model:
            use.models[model] = ModelRecord(attempts, counts.get(model, 0), reviews, float(cost))
    return use


def count_attempts(transaction: Transaction) -> dict[str, int]:
    """Attempts by how they ended, or by their state where they have not."""
    found = select(jobs.c.state, jobs.c.ending, func.count()).where(jobs.c.kind == "attempt")
    counts: Counter[str] = Counter()
    for state, ending, count in transaction.execute(found.group_by(jobs.c.state, jobs.c.ending)):
        counts[ending if state == "ended" else state] += count
    return dict(sorted(counts.items()))


def count_rungs(transaction: Transaction) -> dict[str, int]:
    """Pull requests that landed, by what joined them with ``main``."""
    rung = pull_requests.c.rung
    landed = select(rung, func.count()).where(pull_requests.c.state == "landed").group_by(rung)
    return {row[0]: row[1] for row in transaction.execute(landed.order_by(rung))}


def count_landings(transaction: Transaction) -> dict[str, int]:
    """Landings by stage."""
    rows = transaction.execute(
        select(items.c.stage, func.count())
        .select_from(landings)
        .join(pull_requests, pull_requests.c.number == landings.c.pull_request)
        .join(items, items.c.id == pull_requests.c.item)
        .where(landings.c.state == "landed")
        .group_by(items.c.stage)
    )
    return dict(sorted((row[0], row[1]) for row in rows))


def count_requests(transaction: Transaction) -> dict[str, int]:
    """Pull requests by state."""
    state = pull_requests.c.state
    return {row[0]: row[1] for row in transaction.execute(select(state, func.count()).group_by(state).order_by(state))}
