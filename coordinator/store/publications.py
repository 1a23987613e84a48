"""Where a pull request can be found outside the hub: its branch, and its page on a forge."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from coordinator.store.kept import get_meta, set_meta

if TYPE_CHECKING:
    from coordinator.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Publication:
    """What is known of a pull request outside the hub.

    Attributes:
        branch: the name of its branch there.
        head: the commit that the branch held when that was last looked at.
        url: its page on the forge; empty where it is on none.
        number: the forge's number of it; 0 where it is on none.
    """

    branch: str
    head: str
    url: str = ""
    number: int = 0


def publication_of(transaction: Transaction, number: int) -> Publication | None:
    """What is known of a pull request outside the hub; ``None`` where it never left it."""
    told = get_meta(transaction, _key(number), None)
    return None if told is None else Publication(**told)


def note_publication(transaction: Transaction, number: int, found: Publication, now: float) -> None:
    """Keeps where a pull request can be found outside the hub."""
    if found == publication_of(transaction, number):
        return
    set_meta(transaction, _key(number), asdict(found))
    told = {"head": found.head, "branch": found.branch, "url": found.url}
    transaction.log("published", now, pull_request=number, **told)


def _key(number: int) -> str:
    return f"publication/{number}"
