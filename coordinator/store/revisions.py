"""Commits of people in pull requests: in the place of what an attempt proposed, or as a pull request of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from coordinator.campaign.wishes import Unmet
from coordinator.errors import InputError
from coordinator.schedule.state import OPEN_STATES, stages_of
from coordinator.store.items import forgive
from coordinator.store.jobs import claim_end, revoke_job, send_job, take_jobs
from coordinator.store.moves import INTEND, OPEN, REVISE, make_move
from coordinator.store.publications import Publication, note_publication, publication_of
from coordinator.store.resolving import last_job
from coordinator.store.schema import items, jobs, landings, pull_requests

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.campaign.wishes import Revise
    from coordinator.store.transaction import Transaction

PERSON = "person"
"""The worker, and the ending, of an attempt that was none: a person proposed the commits."""


def revise(transaction: Transaction, wish: Revise, blueprint: Blueprint, now: float) -> str:
    """Makes commits the head of a pull request that is open, or else a new one of the same item; says which.

    What was certified, decided and tried of the old head counts no more: builders, reviewers and resolvers begin anew.

    Raises:
        InputError: there is no such pull request.
        Unmet: they cannot be proposed now; the message says why.
    """
    row = transaction.execute(select(pull_requests).where(pull_requests.c.number == wish.number)).first()
    if row is None:
        raise InputError(f"There is no pull request {wish.number}.")
    same = select(pull_requests.c.number).where(pull_requests.c.item == row.item, pull_requests.c.head == wish.head)
    held = transaction.execute(same.order_by(pull_requests.c.number.desc())).scalars().first()
    if held is not None:
        return f"Pull request {held} holds these commits already."
    _require_nothing_lands(transaction, row.item)
    item = transaction.execute(select(items).where(items.c.id == row.item)).one()
    _require_wanted(item, blueprint)
    if row.state in OPEN_STATES:
        number = row.number
        _drop_jobs(transaction, jobs.c.pull_request == number, now)
        told = {"head": wish.head, "base": wish.base, "tries_since": last_job(transaction)}
        make_move(transaction, REVISE, number, **told, **_NOTHING_KNOWN)
        transaction.log("revised", now, pull_request=number, item=row.item, head=wish.head)
        words = f"Pull request {number} has new commits, up to {wish.head[:10]}; it is certified and reviewed anew."
    else:
        number = _propose(transaction, item, wish, now)
        words = f"They are pull request {number} now, for {wish.number} is over; it is certified and reviewed."
    known = publication_of(transaction, wish.number)
    url, page = (known.url, known.number) if known is not None else ("", 0)
    note_publication(transaction, number, Publication(wish.branch, wish.head, url, page), now)
    return words


_NOTHING_KNOWN: dict[str, Any] = {
    "certified": "",
    "lock": "",
    "axioms": [],
    "assumes": [],
    "modules": {},
    "joined": "",
    "rung": "git",
    "authored": "",
    "authored_on": "",
    "standing": {},
    "follows": [],
}


def _require_nothing_lands(transaction: Transaction, item: int) -> None:
    """Waits for landings that a coordinator which died may have made: only the next one knows."""
    under_way = (
        select(landings.c.id)
        .join(pull_requests, pull_requests.c.number == landings.c.pull_request)
        .where(pull_requests.c.item == item, landings.c.state == INTEND.target)
    )
    if transaction.execute(under_way).first() is not None:
        raise Unmet(
            "A pull request of that item was landing when its coordinator died; run the campaign, then ask again."
        )


def _require_wanted(item: Any, blueprint: Blueprint) -> None:
    node = blueprint.by_label.get(item.label)
    if node is None or item.stage not in stages_of(node):
        raise Unmet(f"The book no longer asks for the {item.stage} of {item.label}.")


def _propose(transaction: Transaction, item: Any, wish: Revise, now: float) -> int:
    """Opens a pull request by a person, which takes the place of attempts that are under way at its item."""
    if item.state == "landed":
        raise Unmet(f"The {item.stage} of {item.label} has landed; push to main what you want changed there.")
    is_open = pull_requests.c.state.in_(OPEN_STATES)
    asked = select(pull_requests.c.number).where(pull_requests.c.item == item.id, is_open)
    rival = transaction.execute(asked).scalars().first()
    if rival is not None:
        raise Unmet(f"Pull request {rival} of the same item is open; bring the commits to its branch, or wait for it.")
    _drop_jobs(transaction, jobs.c.item == item.id, now)
    job = _as_attempt(transaction, item.id, wish, now)
    row = insert(pull_requests).values(
        item=item.id,
        job=job,
        state=OPEN.target,
        base=wish.base,
        head=wish.head,
        summary="A person's commits.",
        opened_at=now,
    )
    number: int = transaction.execute(row.returning(pull_requests.c.number)).scalar_one()
    about = {"item": item.id, "job": job, "number": _attempts(transaction, item.id)}
    transaction.log("pull_request_opened", now, pull_request=number, head=wish.head, **about)
    return number


def _as_attempt(transaction: Transaction, item: int, wish: Revise, now: float) -> int:
    """The attempt that a pull request must have come from: one that cost nothing and does not count."""
    number = _attempts(transaction, item) + 1
    job = send_job(transaction, "attempt", now=now, lease_seconds=1.0, base=wish.base, item=item, number=number)
    take_jobs(transaction, PERSON, [job], now)
    claim_end(transaction, job, PERSON, "", None, now)
    forgive(transaction, item)
    return job


def _attempts(transaction: Transaction, item: int) -> int:
    made = select(func.count()).where(jobs.c.item == item, jobs.c.kind == "attempt")
    return int(transaction.execute(made).scalar_one())


def _drop_jobs(transaction: Transaction, whose: Any, now: float) -> None:
    """Takes back the leases of jobs whose answer nobody waits for any more."""
    under_way = select(jobs.c.id).where(whose, jobs.c.state != "ended")
    for job in transaction.execute(under_way).scalars().all():
        revoke_job(transaction, job, "A person proposes other commits.", now)
