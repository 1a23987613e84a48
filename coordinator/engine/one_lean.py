"""One Lean a campaign: which that is, and answers of workers that have another.

Certificates of two Leans must not be mixed: what one kernel accepted the other has never seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.errors import OtherLean
from coordinator.store.store import get_meta, set_meta
from coordinator.store.transitions import log_event
from coordinator.work.messages import AuditEnded, BuildEnded

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coordinator.work.messages import Report

_NOW, _BEFORE = "lean", "lean_before"


def begin_run(connection: Connection, identity: str, now: float) -> None:
    """Starts a run of a campaign.

    Args:
        connection: of the store.
        identity: of this host's Lean where it runs workers; empty to take that of the first answer.
        now: seconds since the epoch.
    """
    set_meta(connection, _NOW, "")
    if identity:
        _adopt(connection, identity, now)


def lean_of(connection: Connection) -> str:
    """The identity of the run's Lean; empty while no answer has told it."""
    return str(get_meta(connection, _NOW) or "")


def vouched(connection: Connection, report: Report, now: float) -> Report:
    """A report as it counts: a build or an audit by another Lean than the campaign's is no answer, and says so.

    The first build or audit of a run that tells a Lean decides which one that is, unless this host's own did.
    """
    if not isinstance(report, BuildEnded | AuditEnded) or report.error:
        return report
    known = lean_of(connection)
    if not known and report.lean:
        _adopt(connection, report.lean, now)
    if known in {"", report.lean}:
        return report
    error = str(OtherLean("A worker answered with", report.lean or "a Lean it does not name", known))
    if isinstance(report, BuildEnded):
        return BuildEnded(report.job, accepted=False, error=error, lean=report.lean)
    return AuditEnded(report.job, "", error=error, lean=report.lean)


def _adopt(connection: Connection, identity: str, now: float) -> None:
    """Takes a Lean; where ``main`` was certified with another, it has to be audited anew."""
    before = str(get_meta(connection, _BEFORE) or "")
    set_meta(connection, _NOW, identity)
    set_meta(connection, _BEFORE, identity)
    if before not in {"", identity}:
        set_meta(connection, "certified", "")
        set_meta(connection, "audited", "")
        log_event(connection, "lean_changed", now, before=before, after=identity)
