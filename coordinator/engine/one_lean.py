"""One Lean a campaign: which that is, and answers of workers that have another.

Certificates of two Leans must not be mixed: what one kernel accepted the other has never seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.errors import OtherLean
from coordinator.store.kept import get_meta, set_meta
from coordinator.work.reports import AuditEnded, BuildEnded, JointEnded

if TYPE_CHECKING:
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import End

_NOW, _BEFORE = "lean", "lean_before"


def begin_run(transaction: Transaction, identity: str, now: float) -> None:
    """Starts a run of a campaign.

    Args:
        transaction: of the store.
        identity: of this host's Lean where it runs workers; empty to take that of the first answer.
        now: seconds since the epoch.
    """
    set_meta(transaction, _NOW, "")
    if identity:
        _adopt(transaction, identity, now)


def lean_of(transaction: Transaction) -> str:
    """The identity of the run's Lean; empty while no answer has told it."""
    return str(get_meta(transaction, _NOW) or "")


def vouched(transaction: Transaction, report: End, now: float) -> End:
    """A report as it counts: a build or an audit by another Lean than the campaign's is no answer, and says so.

    The first build or audit of a run that tells a Lean decides which one that is, unless this host's own did.
    """
    if not isinstance(report, BuildEnded | JointEnded | AuditEnded) or report.error:
        return report
    known = lean_of(transaction)
    if not known and report.lean:
        _adopt(transaction, report.lean, now)
    if known in {"", report.lean}:
        return report
    error = str(OtherLean("A worker answered with", report.lean or "a Lean it does not name", known))
    if isinstance(report, BuildEnded):
        return BuildEnded(report.job, accepted=False, error=error, lean=report.lean)
    if isinstance(report, JointEnded):
        return JointEnded(report.job, error=error, lean=report.lean)
    return AuditEnded(report.job, "", error=error, lean=report.lean)


def _adopt(transaction: Transaction, identity: str, now: float) -> None:
    """Takes a Lean; where ``main`` was certified with another, it has to be audited anew."""
    before = str(get_meta(transaction, _BEFORE) or "")
    set_meta(transaction, _NOW, identity)
    set_meta(transaction, _BEFORE, identity)
    if before not in {"", identity}:
        set_meta(transaction, "certified", "")
        set_meta(transaction, "audited", "")
        transaction.log("lean_changed", now, before=before, after=identity)
