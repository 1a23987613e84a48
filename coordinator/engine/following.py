"""The graph follows ``main``: what people push there counts as landed, and what they take away is open again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.campaign.layout import Home
from coordinator.store.pushes import Found, Push, follow_push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.campaign.campaign import Book
    from coordinator.store.transaction import Transaction
    from coordinator.work.reports import AuditEnded, Standing


def follow_audit(transaction: Transaction, book: Book, report: AuditEnded, now: float) -> Push:
    """Brings items in line with what a passed audit found on ``main``, and homes with where it found it."""
    if report.standing is None or report.problem or report.error:
        return Push()
    found: dict[tuple[str, str], Found] = {}
    asked = {label for label, home in book.homes.items() if home.declaration in report.standing}
    for label in asked:
        standing = report.standing[book.homes[label].declaration]
        if standing is not None:
            is_definition = book.blueprint.by_label[label].is_definition
            found.update({(label, stage): each for stage, each in _stages(standing, is_definition=is_definition)})
            book.homes[label] = Home(standing.module, book.homes[label].declaration)
    return follow_push(transaction, report.job, found, frozenset(asked), now)


def _stages(standing: Standing, *, is_definition: bool) -> Iterator[tuple[str, Found]]:
    """The stages of a node that are done, as ``main`` declares it."""
    whole = Found(standing.meaning, standing.axioms, standing.assumes)
    yield "statement", whole if is_definition else Found(standing.meaning)
    if not is_definition and standing.is_proved:
        yield "proof", whole
