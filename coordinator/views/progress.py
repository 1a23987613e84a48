"""The progress of nodes: where each stands, and, where all of it is asked for, what is known of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from blueprint import NodeState, derive_states
from blueprint.snapshot import NodeProgress
from coordinator.store.schema import items, jobs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from coordinator.campaign.campaign import Book
    from coordinator.schedule.state import CampaignState
    from coordinator.store.stages import Stages
    from coordinator.store.transaction import Transaction

SORRY = "sorryAx"

_REQUEST_DOING = {"checking": "checking", "resolving": "resolving", "reviewing": "reviewing", "approved": "landing"}

_SET_ASIDE = ("failed", "skipped")


def progress_of(book: Book, stages: Stages) -> dict[str, NodeProgress]:
    """Where every node stands, and where it is in Lean; by label."""
    assumes = _assumed_labels(book, stages)
    states = derive_states(book.graph, stages.landed, assumes, stages.failed, stages.skipped)
    return {
        label: NodeProgress(
            label=label, state=states[label], module=book.homes[label].module, declaration=book.homes[label].declaration
        )
        for label in states
    }


def with_details(
    progress: Mapping[str, NodeProgress],
    book: Book,
    stages: Stages,
    state: CampaignState,
    spent: Mapping[str, tuple[int, float]],
) -> dict[str, NodeProgress]:
    """The same with what each node rests on, has cost (see `sum_by_label`), and why it failed."""
    assumes = _assumed_labels(book, stages)
    active = _active(state)
    detailed = {}
    for label, each in progress.items():
        attempts, cost = spent.get(label, (0, 0.0))
        resting = (other for other in assumes.get(label, ()) if progress[other].state is not NodeState.PROVED)
        detailed[label] = replace(
            each,
            axioms=axioms_of(label, state, assumes),
            assumes=tuple(resting),
            attempts=attempts,
            cost_usd=cost,
            active=active.get(label, ""),
            reason=_reason(label, state),
        )
    return detailed


def _assumed_labels(book: Book, stages: Stages) -> dict[str, tuple[str, ...]]:
    return {
        label: tuple([book.labels[name] for name in names if name in book.labels]) if names else ()
        for label, names in stages.assumes.items()
    }


def axioms_of(label: str, state: CampaignState, assumes: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The axioms a node rests on today.

    What was recorded when its proof landed names ``sorryAx`` wherever something below was still open. Once that is
    proved, its own axioms stand in the place of ``sorryAx``; until then ``sorryAx`` stays.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [label]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        final = state.items.get((each, "proof")) or state.items.get((each, "statement"))
        if final is None or final.state != "landed":
            found |= {SORRY} if each != label else set()
            continue
        found |= set(final.axioms) - {SORRY}
        waiting.extend(assumes.get(each, ()))
    return tuple(sorted(found))


def _reason(label: str, state: CampaignState) -> str:
    stages = (state.items.get((label, "statement")), state.items.get((label, "proof")))
    return next((item.reason for item in stages if item is not None and item.state in _SET_ASIDE), "")


def _active(state: CampaignState) -> dict[str, str]:
    """What is going on at each node right now, in a word."""
    doing = {
        state.by_id[job.item].label: "stating" if state.by_id[job.item].stage == "statement" else "proving"
        for job in state.jobs
        if job.kind == "attempt" and job.item is not None
    }
    for request in state.pull_requests:
        doing[state.by_id[request.item].label] = _REQUEST_DOING[request.state]
    return doing


def sum_by_label(transaction: Transaction) -> dict[str, tuple[int, float]]:
    """How many attempts were made on each node, and what they cost, in dollars; by label."""
    rows = transaction.execute(
        select(
            items.c.label,
            func.sum(case((jobs.c.kind == "attempt", 1), else_=0)),
            func.sum(jobs.c.cost_usd),
        )
        .join(items, items.c.id == jobs.c.item)
        .group_by(items.c.label)
    )
    return {label: (int(attempts), float(cost)) for label, attempts, cost in rows}
