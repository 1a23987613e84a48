"""Audits of ``main`` in the background: which commit is due, and which landing broke what was certified.

Certificates are trusted between audits; an audit trusts nothing. The merge queue says what to audit (`plan_audit`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.queue import Accuse, Audit, MergeQueue, Rules, Tip
from coordinator.queue.audits import plan_audit
from coordinator.schedule.actions import StartBackgroundAudit

if TYPE_CHECKING:
    from coordinator.schedule.state import CampaignState

_NEVER = 1 << 62
"""Landings between two audits where none are wanted."""


def due_audit(state: CampaignState, every: int, tries: int) -> StartBackgroundAudit | None:
    """The audit that is due, if one is and none is under way.

    Args:
        state: the campaign.
        every: landings between two audits; 0 for none, but for the search for what broke ``main``.
        tries: audits of one run that may end without an answer before none is made any more.
    """
    planned = _plan(state, every)
    if not isinstance(planned, Audit) or state.trail.fruitless >= tries:
        return None
    number = next(landing.number for landing in state.trail.landings if landing.commit == planned.commit)
    return StartBackgroundAudit(planned.commit, number)


def accusation(state: CampaignState, tries: int) -> str:
    """Which landing broke ``main``, in a sentence with the remedy; empty while none is known to have."""
    planned = _plan(state, 0)
    if isinstance(planned, Accuse):
        landing = planned.landing
        what = next((f"the {i.stage} of {i.label}" for i in state.by_id.values() if i.landing == landing.number), "")
        requests = ", ".join(f"pull request {member.number}" for member in landing.members)
        return (
            f"{landing.commit[:10]} broke main, though every certificate held: landing {landing.number}, {what} "
            f"({requests}). {planned.problem} Take it back with a push to main (`git revert -m 1 "
            f"{landing.commit[:10]}`), then run again."
        )
    if state.trail.red and state.trail.fruitless >= tries:
        return (
            f"An audit found what the certificates of main do not tell, and {state.trail.fruitless} audits that were "
            f"to find since when gave no answer. Look at the builders, then run again."
        )
    return ""


def _plan(state: CampaignState, every: int) -> Audit | Accuse | None:
    if state.certified != state.main:
        return None
    rules = Rules(audit_every=every or _NEVER)
    found = plan_audit(MergeQueue(tip=Tip(state.main), trail=state.trail, rules=rules))
    return found if isinstance(found, Audit | Accuse) else None
