"""Audits in the store: of ``main`` as it is, on which all waits, and of older commits of it in the background."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from coordinator.queue import Landing, Member, Trail, certificate_key
from coordinator.queue.audits import accusation_of
from coordinator.store.certificates import keep_certificates
from coordinator.store.jobs import claim_end, ending_of
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.landings import replace_modules
from coordinator.store.portable import insert_or_replace
from coordinator.store.rows import read_row, select_among
from coordinator.store.schema import audits, certificates, jobs, landings, pull_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.queue import ModuleRecord
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import AuditEnded

IN_BACKGROUND = "background_audit"
"""Kind of the jobs that audit older commits; their number is that of the landing."""

_COVERED = "audited_landing"
"""Name under which is kept how many landings the last audit on which all waited covers."""

_NUMBER = func.coalesce(func.max(landings.c.id), 0)
_LANDED = landings.c.state == "landed"


def end_audit(transaction: Transaction, report: AuditEnded, now: float) -> bool:
    """Applies an audit: whether it passed, and for ``main`` what is certified of every module from now on."""
    row = claim_end(transaction, report.job, ending_of(report, "audited"), report.error, None, now)
    if row is None:
        return False
    if report.error:
        return True
    if row.kind == IN_BACKGROUND:
        _note_finding(transaction, row, report, now)
        return True
    set_meta(transaction, "audit_failure", {"commit": row.base, "problem": report.problem} if report.problem else {})
    if not report.problem:
        set_meta(transaction, "audited", row.base)
        set_meta(transaction, "certified", row.base)
        set_meta(transaction, "audit", {"commit": row.base, "axioms": {k: list(v) for k, v in report.axioms.items()}})
        set_meta(transaction, _COVERED, _landings_before(transaction, row))
        replace_modules(transaction, report.modules)
        keep_certificates(transaction, report.modules, anew=True)
    transaction.log("audited", now, commit=row.base, problem=report.problem)
    return True


def doubt_red(transaction: Transaction) -> None:
    """Has ``main`` audited before anything lands, where an audit in the background has found something wrong."""
    if load_trail(transaction).red:
        set_meta(transaction, "certified", "")


@dataclass(frozen=True, slots=True)
class Culprit:
    """The landing that broke ``main``, though every certificate held.

    Attributes:
        item: what landed, by its id.
        pull_request: with which.
        landing: its number.
        commit: on ``main``.
        problem: what an audit found wrong.
    """

    item: int
    pull_request: int
    landing: int
    commit: str
    problem: str


def read_culprit(transaction: Transaction) -> Culprit | None:
    """The landing that audits in the background have found to have broken ``main``, until all of that passes one."""
    found = accusation_of(load_trail(transaction))
    if found is None:
        return None
    number = found.landing.members[0].number
    row = read_row(transaction, pull_requests, number)
    if row is None:
        return None
    return Culprit(row.item, number, found.landing.number, found.landing.commit, found.problem)


def load_trail(transaction: Transaction) -> Trail:
    """The landings since the last audit that found nothing, and what audits found of them."""
    good = transaction.execute(select(func.coalesce(func.max(audits.c.landing), 0)).where(audits.c.problem == ""))
    since = max(int(get_meta(transaction, _COVERED, 0)), good.scalar_one())
    rows = transaction.execute(
        select(landings.c.id, landings.c.after, pull_requests.c.number, pull_requests.c.head)
        .join(pull_requests, pull_requests.c.number == landings.c.pull_request)
        .where(_LANDED, landings.c.id > since)
        .order_by(landings.c.id)
    )
    found = transaction.execute(select(audits.c.commit, audits.c.problem).where(audits.c.landing > since))
    its = select(jobs.c.base).where(jobs.c.kind == IN_BACKGROUND)
    in_vain = jobs.c.ending.in_(("failed", "lost")), jobs.c.sent_at >= get_meta(transaction, "began", 0.0)
    return Trail(
        landings=tuple(Landing(row.after, (Member(row.number, row.head),), row.id) for row in rows),
        findings={row.commit: row.problem for row in found},
        running=tuple(transaction.execute(its.where(jobs.c.state != "ended").order_by(jobs.c.id)).scalars()),
        fruitless=len(transaction.execute(its.where(*in_vain)).all()),
    )


def _landings_before(transaction: Transaction, row: Any) -> int:
    """Number of the last landing that an audit covers."""
    known = transaction.execute(select(landings.c.id).where(landings.c.after == row.base)).scalar_one_or_none()
    if known is not None:
        return int(known)
    return int(transaction.execute(select(_NUMBER).where(_LANDED, landings.c.at <= row.sent_at)).scalar_one())


def _note_finding(transaction: Transaction, row: Any, report: AuditEnded, now: float) -> None:
    problem = report.problem or _differing(transaction, report.modules)
    told = {"commit": row.base, "landing": row.number, "problem": problem, "at": now}
    insert_or_replace(transaction.connection, audits, "commit", [told])
    transaction.log("background_audited", now, job=row.id, commit=row.base, landing=row.number, problem=problem)
    culprit = read_culprit(transaction)
    if culprit is not None:
        transaction.log("broke_main", now, **asdict(culprit))


def _differing(transaction: Transaction, found: Mapping[str, ModuleRecord]) -> str:
    """What an audit found of modules otherwise than their certificates say; empty where nothing."""
    keys = {certificate_key(name, each.source_digest, each.imports): name for name, each in found.items()}
    for row in select_among(transaction, select(certificates), certificates.c.key, keys):
        name = keys[row.key]
        if row.message:
            return f"{name} builds, though a certificate says that Lean refuses it."
        if row.interface_digest != found[name].interface_digest:
            return f"{name} shows its importers something else than its certificate says."
    return ""
