"""Audits of ``main`` in the background, and the search for the landing that broke it where one ever differs.

Certificates are trusted between audits; an audit trusts nothing. Where it finds ``main`` other than its certificates
say, the landings since the last good audit are halved, one audit each time, until one is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.queue.actions import Accuse, Audit

if TYPE_CHECKING:
    from coordinator.queue.records import MergeQueue, Trail


def plan_audit(queue: MergeQueue) -> Audit | Accuse | None:
    """What to audit next, or whom to accuse; nothing while an audit runs or none is due."""
    trail = queue.trail
    wanted: Audit | Accuse | None = None
    if not queue.tip.certified:
        if queue.tip.commit not in trail.findings:
            wanted = Audit(queue.tip.commit)
    elif trail.red:
        wanted = _search(trail)
    elif len(trail.landings) - _good(trail) >= queue.rules.audit_every:
        wanted = Audit(trail.landings[-1].commit)
    return None if isinstance(wanted, Audit) and trail.running else wanted


def accusation_of(trail: Trail) -> Accuse | None:
    """Whom the findings accuse; nobody while there are none, or several landings may have done it."""
    found = _search(trail) if trail.red else None
    return found if isinstance(found, Accuse) else None


def _search(trail: Trail) -> Audit | Accuse | None:
    """Halves the landings between the last good one and the first bad one."""
    good, bad = _good(trail), _bad(trail)
    if bad is None:
        return None
    if bad > good:
        return Audit(trail.landings[(good + bad) // 2].commit)
    culprit = trail.landings[bad]
    return None if trail.accused == culprit.commit else Accuse(culprit, trail.findings[culprit.commit])


def _good(trail: Trail) -> int:
    """How many landings the newest good audit covers."""
    covered = (place for place, each in enumerate(trail.landings, 1) if trail.findings.get(each.commit) == "")
    return max(covered, default=0)


def _bad(trail: Trail) -> int | None:
    """Place of the oldest landing after the newest good one that an audit found wanting."""
    places = range(_good(trail), len(trail.landings))
    return next((place for place in places if trail.findings.get(trail.landings[place].commit)), None)
