"""Issues of the campaign in the store: filed by agents and people, said once, closed by a landing or by a person."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from agents import Feedback
from coordinator.store.moves import CLOSE, FILE, FILE_AGAIN, make_move, move_those
from coordinator.store.rows import insert_row
from coordinator.store.schema import issues, items, pull_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from agents import Finding, IssueKind
    from coordinator.store.transaction import Transaction

PERSON = "person"
"""Who filed or closed an issue, where that was nobody's job."""

MOST_OPEN = 50
"""Issues of one node that may be open: agents that file more have said enough."""

_LONGEST_TEXT = 2000
_FILED_AT_ONCE = 5
_WORD = re.compile(r"\w+")


def file_issue(
    transaction: Transaction, kind: IssueKind, label: str, text: str, filed_by: str, now: float
) -> int | None:
    """Files an issue, and returns its number; where one says the same, that is counted once more, and its number told.

    One that a landing has closed is open again when it is filed again, and one that a person has closed when a person
    does. Nothing is filed, and ``None`` returned, where the node has `MOST_OPEN` open ones.
    """
    digest = _digest_of(kind, label, text)
    known = transaction.execute(select(issues).where(issues.c.digest == digest)).first()
    if known is not None:
        return _file_again(transaction, known, filed_by, now)
    waiting = select(func.count()).where(issues.c.label == label, issues.c.state == "open")
    if filed_by != PERSON and transaction.execute(waiting).scalar_one() >= MOST_OPEN:
        return None
    number = insert_row(
        transaction,
        issues,
        kind=kind,
        label=label,
        text=text[:_LONGEST_TEXT],
        digest=digest,
        filed_by=filed_by,
        state=FILE.target,
        opened_at=now,
    )
    transaction.log("issue_filed", now, issue=number, node=label, by=filed_by)
    return number


def _file_again(transaction: Transaction, known: Any, filed_by: str, now: float) -> int:
    again = update(issues).where(issues.c.number == known.number).values(times=issues.c.times + 1)
    transaction.execute(again)
    if known.state == "closed" and (filed_by == PERSON or known.closed_by != PERSON):
        make_move(transaction, FILE_AGAIN, known.number, closed_by="", closed_at=None)
        transaction.log("issue_filed", now, issue=known.number, node=known.label, by=filed_by)
    return int(known.number)


def _digest_of(kind: str, label: str, text: str) -> str:
    """Equal for issues that differ in nothing but letter case, spaces and punctuation."""
    words = " ".join(_WORD.findall(text.casefold()))
    return hashlib.sha256(f"{kind}\n{label}\n{words}".encode()).hexdigest()


def file_findings(transaction: Transaction, findings: Iterable[Finding], job: Any, now: float) -> None:
    """Files what an agent found to be wrong; `job` is its row. Of nodes that nobody works on it may say nothing."""
    for finding in tuple(findings)[:_FILED_AT_ONCE]:
        if transaction.execute(select(items.c.id).where(items.c.label == finding.node)).first() is not None:
            file_issue(transaction, finding.kind, finding.node, finding.text, f"{job.kind} {job.id}", now)


def close_issues(transaction: Transaction, numbers: Collection[int], closed_by: str, now: float) -> list[int]:
    """Closes those of some issues that are open, and returns their numbers."""
    closed = sorted(move_those(transaction, CLOSE, numbers, closed_by=closed_by, closed_at=now))
    for number in closed:
        transaction.log("issue_closed", now, issue=number, by=closed_by)
    return closed


def closed_by_landing(transaction: Transaction, number: int) -> Sequence[int]:
    """Which issues the landing of a pull request closes: those its author named that are open and of its node."""
    request = transaction.execute(
        select(pull_requests.c.closes, items.c.label)
        .join(items, items.c.id == pull_requests.c.item)
        .where(pull_requests.c.number == number)
    ).one()
    named = issues.c.number.in_(request.closes), issues.c.label == request.label, issues.c.state == "open"
    return transaction.execute(select(issues.c.number).where(*named).order_by(issues.c.number)).scalars().all()


def open_issues_of(transaction: Transaction, labels: Collection[str]) -> dict[str, list[Feedback]]:
    """What agents at nodes are told of the open issues there, oldest first, by label."""
    told: dict[str, list[Feedback]] = {}
    wanted = issues.c.state == "open", issues.c.label.in_(labels)
    for row in transaction.execute(select(issues).where(*wanted).order_by(issues.c.number)):
        words = f"Issue {row.number} ({row.kind.replace('_', ' ')}): {row.text}"
        told.setdefault(row.label, []).append(Feedback("issue", words))
    return told
