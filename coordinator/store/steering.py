"""People's wishes, applied to the store: one transaction each, in which the store keeps that it was granted."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from agents.errors import UnknownModel
from coordinator.campaign.wishes import (
    Answer,
    Boost,
    CloseIssue,
    FileIssue,
    Pause,
    Publish,
    Resume,
    Retry,
    Revise,
    Skip,
    Stop,
    Unmet,
)
from coordinator.errors import InputError
from coordinator.store.issues import PERSON, close_issues, file_issue
from coordinator.store.items import add_feedback
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.moves import RETRY, SKIP, make_move
from coordinator.store.publications import Publication, note_publication
from coordinator.store.resolving import count_anew
from coordinator.store.revisions import revise
from coordinator.store.schema import failures, feedback, issues, items, jobs, pull_requests, wishes
from coordinator.store.withdrawal import drop_work

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from coordinator.campaign.campaign import Book
    from coordinator.campaign.settings import Settings
    from coordinator.campaign.wishes import Wish
    from coordinator.store.transaction import Transaction

_NAMED = 5
"""Nodes that an answer names."""

LEFT_OUT = "Left out by a person."
"""Why an item is skipped."""


def earlier_answer(transaction: Transaction, name: str) -> Answer | None:
    """What was answered to a wish that was granted or refused before."""
    row = transaction.execute(select(wishes).where(wishes.c.name == name)).first()
    return None if row is None else Answer(row.answer, row.exit_code)


def keep_answer(transaction: Transaction, name: str, answer: Answer, now: float) -> None:
    """Keeps with what a wish changed that it was answered, so that it is granted once."""
    transaction.execute(insert(wishes).values(name=name, answer=answer.words, exit_code=answer.exit_code, at=now))


def grant(transaction: Transaction, wish: Wish, book: Book, settings: Settings, now: float) -> Answer:
    """Does what a wish asks, or says in a sentence why that cannot be."""
    try:
        return Answer(_grant(transaction, wish, book, settings, now))
    except InputError as error:
        return Answer(str(error), error.exit_code)
    except Unmet as refusal:
        return Answer(str(refusal), 1)


def _grant(transaction: Transaction, wish: Wish, book: Book, settings: Settings, now: float) -> str:
    match wish:
        case Pause() | Resume():
            return _pause(transaction, now, paused=isinstance(wish, Pause))
        case Stop():
            return "The campaign is being stopped."
        case Retry():
            return _retry(transaction, wish, book, settings, now)
        case Skip(node):
            return _skip(transaction, find_node(node, book), now)
        case Boost(node, by):
            return _boost(transaction, find_node(node, book), by, book, now)
        case FileIssue() | CloseIssue() | Publish() | Revise():
            return _of_record(transaction, wish, book, now)


def find_node(name: str, book: Book) -> str:
    """The label of the node that a person calls so: by any of its labels, or by its name in Lean.

    Raises:
        InputError: there is none.
    """
    label = book.blueprint.aliases.get(name, name)
    label = book.labels.get(label, label)
    if label in book.homes:
        return label
    near = get_close_matches(name, [*book.homes, *book.labels], n=1, cutoff=0.5)
    raise InputError(f"The book has no node {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."))


def _pause(transaction: Transaction, now: float, *, paused: bool) -> str:
    if bool(get_meta(transaction, "paused", False)) == paused:
        return "The campaign is paused already." if paused else "The campaign was not paused."
    set_meta(transaction, "paused", paused)
    transaction.log("paused" if paused else "resumed", now)
    return "Paused: no agents are sent until it is resumed; those at work end." if paused else "Agents are sent again."


def _retry(transaction: Transaction, wish: Retry, book: Book, settings: Settings, now: float) -> str:
    if wish.model:
        _require_price(wish.model, settings)
    chosen = _chosen(transaction, wish, book)
    for row in chosen:
        _open_again(transaction, row, wish, now)
    if not chosen:
        return "Nothing that failed was chosen, so nothing is tried again."
    answer = f"{_named(sorted({row.label for row in chosen}))} will be tried again."
    return answer + _forewarned(transaction, [row.id for row in chosen], wish.max_cost_usd, settings)


def _forewarned(transaction: Transaction, chosen: Collection[int], wanted: float | None, settings: Settings) -> str:
    """Words on what the budget of an item leaves for other attempts at some, where that is less than is wanted."""
    limit = settings.budget.item.usd
    if limit is None:
        return ""
    spent = select(func.sum(jobs.c.cost_usd)).where(jobs.c.item.in_(chosen)).group_by(jobs.c.item)
    most = max(transaction.execute(spent).scalars(), default=0.0)
    if limit - most >= (wanted or settings.attempt.max_cost_usd):
        return ""
    return f" As much as ${most:.2f} of the ${limit:.2f} that `budget.item.usd` allows is spent: raise it for more."


def _require_price(model: str, settings: Settings) -> None:
    try:
        settings.model.price_table().price(model)
    except UnknownModel as error:
        raise Unmet(str(error)) from error


def _chosen(transaction: Transaction, wish: Retry, book: Book) -> Sequence[Any]:
    """Rows of the items that a person wants to see tried again, none of which has landed."""
    if wish.node:
        label = find_node(wish.node, book)
        rows = transaction.execute(select(items).where(items.c.label == label, items.c.state != "landed")).all()
        if not rows:
            raise Unmet(f"{label} has landed, or nobody is to work on it: there is nothing to try again.")
        return rows
    if not wish.failed and not wish.cause:
        raise InputError("Name a node to try again, or say --failed or --cause.")
    states = ("failed",) if wish.failed else ("failed", "open")
    found = transaction.execute(select(items).where(items.c.state.in_(states)).order_by(items.c.id)).all()
    rows = [row for row in found if row.label in book.homes]
    if not wish.cause:
        return rows
    causes = last_causes(transaction)
    return [row for row in rows if causes.get(row.id) == wish.cause]


def last_causes(transaction: Transaction) -> dict[int, str]:
    """Why the last attempt at each item failed, of items with a failure that nobody has set aside."""
    counted = (failures.c.final == 0, failures.c.set_aside == 0)
    last = select(func.max(failures.c.id)).where(*counted).group_by(failures.c.item)
    rows = transaction.execute(select(failures.c.item, failures.c.cause).where(failures.c.id.in_(last)))
    return {row.item: row.cause for row in rows}


def _open_again(transaction: Transaction, row: Any, wish: Retry, now: float) -> None:
    """Opens an item with all its attempts before it, and keeps what a person says and allows for them."""
    made = select(func.count()).where(jobs.c.item == row.id, jobs.c.kind == "attempt", jobs.c.state == "ended")
    make_move(
        transaction,
        RETRY,
        row.id,
        reason="",
        not_before=0.0,
        forgiven=transaction.execute(made).scalar_one(),
        model=wish.model or row.model,
        max_cost_usd=wish.max_cost_usd or row.max_cost_usd,
    )
    transaction.execute(update(failures).where(failures.c.item == row.id).values(set_aside=1))
    if wish.hint.strip():
        _add_hint(transaction, row.id, wish.hint, now)
    count_anew(transaction, row.id, now)
    transaction.log("retried", now, item=row.id)


def _add_hint(transaction: Transaction, item: int, hint: str, now: float) -> None:
    same = select(feedback.c.id).where(feedback.c.item == item, feedback.c.source == "person", feedback.c.text == hint)
    if transaction.execute(same).first() is None:
        add_feedback(transaction, item, "person", hint, now)


def _skip(transaction: Transaction, label: str, now: float) -> str:
    not_landed = (items.c.label == label, items.c.state != "landed")
    rows = transaction.execute(select(items).where(*not_landed)).all()
    if not rows:
        raise Unmet(f"{label} has landed, or nobody is to work on it: there is nothing to leave out.")
    for row in rows:
        if row.state != "skipped":
            make_move(transaction, SKIP, row.id, reason=LEFT_OUT)
            drop_work(transaction, row.id, LEFT_OUT, now)
            transaction.log("skipped", now, item=row.id)
    return f"{label} is left out until `blueprover retry` names it; what rests on it stays blocked."


def _boost(transaction: Transaction, label: str, by: float, book: Book, now: float) -> str:
    below = {label, *book.graph.ancestors(label)}
    rows = transaction.execute(select(items).where(items.c.state != "landed", items.c.boost != by)).all()
    changed = [row for row in rows if row.label in below]
    for row in changed:
        transaction.execute(update(items).where(items.c.id == row.id).values(boost=by))
        transaction.log("boosted", now, item=row.id, by=by)
    if not changed:
        return f"{label} and what it rests on have that boost already, or have landed."
    return f"{_named(sorted({row.label for row in changed}))} will be valued {by:g} times as much."


def _of_record(
    transaction: Transaction, wish: FileIssue | CloseIssue | Publish | Revise, book: Book, now: float
) -> str:
    """What is asked of an issue or a pull request."""
    match wish:
        case Publish():
            return _publish(transaction, wish, now)
        case Revise():
            return revise(transaction, wish, book.blueprint, now)
        case _:
            return _issue(transaction, wish, book, now)


def _issue(transaction: Transaction, wish: FileIssue | CloseIssue, book: Book, now: float) -> str:
    if isinstance(wish, FileIssue):
        filed = file_issue(transaction, wish.issue, find_node(wish.node, book), wish.text, PERSON, now)
        return f"Issue {filed} is open."
    number = wish.number
    if close_issues(transaction, [number], PERSON, now):
        return f"Issue {number} is closed."
    if transaction.execute(select(issues.c.number).where(issues.c.number == number)).first() is None:
        raise InputError(f"There is no issue {number}; `blueprover issue list` lists them.")
    return f"Issue {number} was closed already."


def _publish(transaction: Transaction, wish: Publish, now: float) -> str:
    if transaction.execute(select(pull_requests.c.number).where(pull_requests.c.number == wish.number)).first() is None:
        raise InputError(f"There is no pull request {wish.number}.")
    note_publication(transaction, wish.number, Publication(wish.branch, wish.head, wish.url, wish.page), now)
    return f"Pull request {wish.number} is at {wish.url}."


def _named(labels: Collection[str]) -> str:
    first = ", ".join(list(labels)[:_NAMED])
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return f"{first}{more}"
