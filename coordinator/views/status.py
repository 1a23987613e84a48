"""A snapshot as the object that ``blueprover status --json`` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from blueprint import NodeState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from blueprint.snapshot import IssueRecord, Snapshot


def status_of(snapshot: Snapshot) -> Mapping[str, Any]:
    """The object that ``blueprover status --json`` prints; its shape is documented and stable."""
    counts = {state.value: 0 for state in NodeState}
    for each in snapshot.progress.values():
        counts[each.state.value] += 1
    return {
        "campaign": snapshot.campaign,
        "state": snapshot.state,
        "reason": snapshot.reason,
        "nodes": counts,
        "attempts": dict(snapshot.attempts),
        "pull_requests": dict(snapshot.requests),
        "landings": {"total": sum(snapshot.landings.values()), **snapshot.landings},
        "rungs": dict(snapshot.rungs),
        "failures": [
            {
                "node": failure.label,
                "stage": failure.stage,
                "cause": failure.cause,
                "reason": failure.reason,
                "at": failure.at,
                "final": failure.final,
            }
            for failure in snapshot.failures
        ],
        "issues": issues_as_json(snapshot.issues),
        "tokens": {"input": snapshot.input_tokens, "output": snapshot.output_tokens},
        "cost_usd": round(snapshot.cost_usd, 6),
        "models": {
            name: {**asdict(model), "cost_usd": round(model.cost_usd, 6)} for name, model in snapshot.models.items()
        },
        "retries": snapshot.retries,
        "paused": snapshot.paused,
        "skipped": list(snapshot.skipped),
        "sandbox": snapshot.sandbox,
        "rehearsal": snapshot.rehearsal,
        "lean": snapshot.lean,
    }


def issues_as_json(found: Collection[IssueRecord]) -> list[dict[str, Any]]:
    """Issues as ``status --json`` and ``issue list --json`` print them."""
    return [
        {
            "number": issue.number,
            "kind": issue.kind,
            "node": issue.label,
            "text": issue.text,
            "filed_by": issue.filed_by,
            "times": issue.times,
            "at": issue.at,
        }
        for issue in found
    ]
