"""What workers report, applied to the store.

Each function answers ``False`` when the job's lease was lost before: then nothing changed but the money, which was
spent all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordinator.schedule.budget import Money
from coordinator.schedule.retrying import cause_of
from coordinator.store.issues import file_findings
from coordinator.store.items import add_feedback, fail, forgive
from coordinator.store.jobs import claim_end, ending_of
from coordinator.store.moves import CERTIFY, RESOLVE, may_move
from coordinator.store.portable import insert_missing
from coordinator.store.requests import bounce, certify, open_request
from coordinator.store.resolving import refuse_joined, take_resolution
from coordinator.store.schema import verdicts

if TYPE_CHECKING:
    from coordinator.campaign.settings import RetrySettings
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import AttemptEnded, BuildEnded, ResolutionEnded, ReviewEnded

_NOTHING = Money()


def end_attempt(
    transaction: Transaction, report: AttemptEnded, retry: RetrySettings, now: float, full: Money = _NOTHING
) -> bool:
    """Applies the end of an attempt: a pull request when it was submitted, a failure with its summary otherwise.

    Neither a cancelled attempt nor one that ran into a cap below the `full` one, because a budget was nearly spent,
    counts against its item; but one that could not pay for its first call does, or it would be sent for ever.
    """
    row = claim_end(transaction, report.job, report.ending, report.summary, report.usage, now)
    if row is None:
        return False
    file_findings(transaction, report.findings, row, now)
    cut_short = _is_cut_short(report.cause, row, full)
    if report.ending == "submitted":
        open_request(transaction, row, report, now)
    elif report.ending == "cancelled" or (cut_short and report.usage.cost_usd > 0):
        forgive(transaction, row.item)
    else:
        add_feedback(transaction, row.item, "attempt", report.summary, now)
        fail(transaction, row.item, cause_of(report.ending, report.cause), report.summary, retry, now)
    return True


def _is_cut_short(cause: str, row: Any, full: Money) -> bool:
    """Whether an attempt ran into a cap that was lower than it would be where money is no object."""
    if cause == "tokens":
        return row.cap_tokens is not None and row.cap_tokens < full.tokens
    return cause == "cost" and bool(row.cap_usd < full.usd)


def end_review(transaction: Transaction, report: ReviewEnded, now: float) -> bool:
    """Applies a verdict, or the lack of one."""
    row = claim_end(transaction, report.job, report.ending, report.summary, report.usage, now)
    if row is None:
        return False
    file_findings(transaction, report.findings, row, now)
    if report.decision:
        verdict = {
            "pull_request": row.pull_request,
            "seat": row.number,
            "reviewer": report.reviewer,
            "decision": report.decision,
            "reasons": report.reasons,
            "commit": report.commit,
            "at": now,
        }
        insert_missing(transaction.connection, verdicts, [verdict])
        transaction.log("verdict", now, pull_request=row.pull_request, decision=report.decision)
    return True


def end_resolution(transaction: Transaction, report: ResolutionEnded, now: float) -> bool:
    """Applies the end of a resolver's try: what it made is proposed, unless the pull request was closed meanwhile."""
    row = claim_end(transaction, report.job, report.ending, report.summary, report.usage, now)
    if row is None:
        return False
    file_findings(transaction, report.findings, row, now)
    if report.ending == "submitted" and may_move(transaction, RESOLVE, row.pull_request):
        take_resolution(transaction, row.pull_request, row.base, report.head, now)
    return True


def end_build(
    transaction: Transaction, report: BuildEnded, retry: RetrySettings, now: float, *, resolvers: bool = False
) -> bool:
    """Applies the gate's answer to a pull request, unless that was closed while the builders looked at it.

    With `resolvers`, they get what was refused and not as its author left it; else it goes back to its item.
    """
    ending = ending_of(report, "accepted" if report.accepted else "refused")
    row = claim_end(transaction, report.job, ending, report.error, None, now)
    if row is None:
        return False
    if report.error or not may_move(transaction, CERTIFY, row.pull_request):
        return True
    if report.accepted:
        certify(transaction, row.pull_request, row.base, report, now)
    elif not refuse_joined(transaction, row.pull_request, report.reasons, now, resolvers=resolvers):
        bounce(transaction, row.pull_request, "checker", "\n".join(report.reasons), retry, now)
    return True
