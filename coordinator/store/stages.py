"""Which stages of which nodes have landed, were given up or left out: what the states of nodes are derived from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import String, case, cast, null, select

from coordinator.store.schema import items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blueprint import Stage
    from coordinator.store.transaction import Transaction

_ASSUMED = case((cast(items.c.assumes, String) != "[]", items.c.assumes), else_=null())
"""Most items assume nothing, and are spared the reading of that."""

_STAGES = select(items.c.label, items.c.stage, items.c.state, _ASSUMED).order_by(items.c.id)


@dataclass(frozen=True, slots=True)
class Stages:
    """What the store knows of all nodes, by label.

    Attributes:
        landed: the stages that are on ``main``.
        assumes: of each of those nodes, the declarations that it rests on and that were open when it landed.
        failed: nodes given up.
        skipped: nodes that a person has left out.
    """

    landed: dict[str, frozenset[Stage]] = field(default_factory=dict)
    assumes: dict[str, Sequence[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)


def load_stages(transaction: Transaction) -> Stages:
    """The same as a campaign's whole state tells, for a fraction of the time."""
    found = Stages()
    for label, stage, state, assumes in transaction.execute(_STAGES):
        if state == "landed":
            found.landed[label] = found.landed.get(label, frozenset()) | {stage}
            found.assumes[label] = assumes or ()
        elif state == "failed":
            found.failed.add(label)
        elif state == "skipped":
            found.skipped.add(label)
    return found
