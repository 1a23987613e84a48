"""Catching up with ``main``: landings that its history tells and the store does not know are taken up, not done twice.

A store may be older than ``main``: a backup was put back, or a new store made beside a hub that has a history. Each
landing's commit says what landed with it (see `landing_message`), so that `git log` alone tells what is done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog

from coordinator.git import Trailers
from coordinator.store.found import FoundLanding, take_up_landing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.git import Repository, Told
    from coordinator.store.transaction import Transaction

_LONGEST_NUMBER = 9
"""Digits of the number of an issue or an attempt; what is longer is none."""

_DOLLARS = re.compile(r"\$[0-9]{1,9}(\.[0-9]{1,9})?")

log = structlog.get_logger(__name__)


def catch_up(transaction: Transaction, hub: Repository, known: str, tip: str, now: float) -> int:
    """Takes up the landings in `tip`'s history that are not in that of `known`, oldest first.

    Args:
        transaction: of the store.
        hub: whose ``main`` is at `tip`.
        known: where ``main`` was when the store last heard of it; empty for never.
        tip: where it is.
        now: seconds since the epoch.

    Returns:
        How many of them the store did not know.

    Raises:
        GitError: the history cannot be read.
    """
    if known == tip:
        return 0
    found = [landing for landing in map(read_landing, hub.first_parents(tip, known)) if landing is not None]
    news = sum(take_up_landing(transaction, landing, now) for landing in found)
    if news:
        log.warning("landings_found", count=news, why="main is ahead of the store, as after a restored backup")
    return news


def read_landing(told: Told) -> FoundLanding | None:
    """The landing that a commit says it is; ``None`` for a person's commit.

    Branches of agents say much about themselves as well, but only landings name their pull request, and only they are
    what ``main`` went through.
    """
    trailers = Trailers.of(told.message)
    pairs = trailers.others
    values = dict(reversed(pairs))
    stage, request = values.get("Stage", ""), values.get("Pull-request", "")
    if not (trailers.node and stage and request):
        return None
    return FoundLanding(
        before=told.parents[0] if told.parents else "",
        commit=told.commit,
        branch=told.parents[1] if told.parents[1:] else told.commit,
        label=trailers.node,
        stage=stage,
        request=request,
        summary=told.message.rpartition("\n\n")[0].partition("\n\n")[2],
        lock=values.get("Meaning", ""),
        axioms=_all(pairs, "Axiom"),
        assumes=_all(pairs, "Assumes"),
        closes=tuple(filter(None, map(_number_of, _all(pairs, "Closes-issue")))),
        attempt=_number_of(trailers.attempt.rpartition("/")[2]),
        cost_usd=dollars_of(trailers.cost),
    )


def _all(pairs: Sequence[tuple[str, str]], key: str) -> tuple[str, ...]:
    return tuple(value for name, value in pairs if name == key)


def _number_of(text: str) -> int:
    """A number as a trailer gives it; 0 where it gives none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def dollars_of(text: str) -> float:
    """Dollars as a trailer gives them; 0 where it gives none."""
    return float(text[1:]) if _DOLLARS.fullmatch(text) else 0.0
