"""All that a store holds as one JSON object, piece by piece: no campaign is too large for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from coordinator.store.kept import get_meta
from coordinator.store.schema import (
    events,
    failures,
    feedback,
    issues,
    items,
    jobs,
    landings,
    modules,
    pull_requests,
    verdicts,
    wishes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Select

    from coordinator.store.transaction import Transaction

FORMAT = 1
"""Raised when a key goes or changes its meaning; not when one comes."""

_AT_ONCE = 500
"""Records held in memory."""

_TOLD = ("state", "reason", "paused", "main", "certified", "audited", "lean", "began")
"""What of the values kept by name is of use outside."""

_KINDS = {
    "attempts": "attempt",
    "reviews": "review",
    "resolutions": "resolve",
    "builds": "build",
    "joint_builds": "joint",
    "audits": "audit",
    "background_audits": "background_audit",
}


_json = json.JSONEncoder(check_circular=False).encode


def lists() -> dict[str, Select[*tuple[Any, ...]]]:
    """The lists of the object: by name, what selects their records, in the order in which they were made."""
    by_kind = [column for column in jobs.c if column.name != "kind"]
    return {
        "items": select(items).order_by(items.c.id),
        **{name: select(*by_kind).where(jobs.c.kind == kind).order_by(jobs.c.id) for name, kind in _KINDS.items()},
        "pull_requests": select(pull_requests).order_by(pull_requests.c.number),
        "verdicts": select(verdicts).order_by(verdicts.c.id),
        "feedback": select(feedback).order_by(feedback.c.id),
        "failures": select(failures).order_by(failures.c.id),
        "landings": select(landings).order_by(landings.c.id),
        "issues": select(issues).order_by(issues.c.number),
        "modules": select(modules).order_by(modules.c.name),
        "wishes": select(wishes).order_by(wishes.c.at, wishes.c.name),
        "events": select(events).order_by(events.c.id),
    }


def state_as_json(transaction: Transaction, name: str) -> Iterator[str]:
    """The object as text, a record a line; the same text for the same store.

    Args:
        transaction: whose snapshot it is.
        name: of the campaign.
    """
    yield f'{{\n"format": {FORMAT},\n"campaign": {_json(_campaign(transaction, name))},\n'
    for key, records in lists().items():
        yield f"{_json(key)}: ["
        between = "\n"
        for record in _stream(transaction, records):
            yield f"{between}{_json(record)}"
            between = ",\n"
        yield "],\n" if between == "\n" else "\n],\n"
    yield f'"costs": {_json(_costs(transaction))}\n}}\n'


def _campaign(transaction: Transaction, name: str) -> dict[str, Any]:
    return {"name": name, **{key: get_meta(transaction, key, None) for key in _TOLD}}


def _stream(transaction: Transaction, records: Select[*tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    rows = transaction.execute(records.execution_options(yield_per=_AT_ONCE))
    keys = tuple(rows.keys())
    for row in rows:
        yield dict(zip(keys, row, strict=True))


def _costs(transaction: Transaction) -> Mapping[str, Any]:
    """What was spent, in all and by kind of job."""
    spent = (jobs.c.cost_usd, jobs.c.input_tokens, jobs.c.output_tokens)
    sums = select(jobs.c.kind, func.count(), *(func.sum(each) for each in spent)).group_by(jobs.c.kind)
    by_kind = {
        kind: {"jobs": count, "usd": round(usd, 6), "input_tokens": taken, "output_tokens": given}
        for kind, count, usd, taken, given in sorted(transaction.execute(sums).all())
    }
    total = {key: sum(each[key] for each in by_kind.values()) for key in ("usd", "input_tokens", "output_tokens")}
    return {**total, "usd": round(total["usd"], 6), "by_kind": by_kind}
