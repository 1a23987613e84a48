"""Granting people's wishes: by the coordinator that runs the campaign, or, where none does, by whoever has one."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.campaign.wishes import Answer, Stop, read_wish
from coordinator.errors import CampaignBusy, InputError
from coordinator.store.items import seed_items
from coordinator.store.opening import open_to_write
from coordinator.store.steering import earlier_answer, grant, keep_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.campaign.wishes import Wish
    from coordinator.store.transaction import Transaction

_PATIENCE = 60.0
"""Seconds to wait for an answer: a coordinator that starts or lands a large batch reads its inbox late."""

_GLANCES = 0.05
"""Seconds between two looks for an answer."""


@dataclass(frozen=True)
class Granter:
    """Grants the wishes in a campaign's inbox. Whoever uses one holds the campaign's lock.

    Attributes:
        campaign: whose.
        book: its book.
        begin: begins a transaction of its store.
        clock: seconds since the epoch.
    """

    campaign: Campaign
    book: Book
    begin: Callable[[], AbstractContextManager[Transaction]]
    clock: Callable[[], float] = time.time

    def grant_waiting(self) -> Iterator[Wish]:
        """Grants or refuses all wishes that wait, in order; yields each one that was answered just now.

        A wish's answer is kept with what it changed, in one transaction, before the wish is taken away: killed in
        between, the next one finds the answer and only passes it on.

        Raises:
            StoreError: the store broke; the wish waits on.
        """
        inbox = self.campaign.inbox
        waiting = inbox.waiting()
        for name in waiting:
            with self.begin() as transaction:
                answer, wish = earlier_answer(transaction, name), None
                if answer is None:
                    answer, wish = self._decide(transaction, name)
                    keep_answer(transaction, name, answer, self.clock())
            inbox.answer(name, answer)
            if wish is not None:
                yield wish
        if waiting:
            inbox.tidy()

    def _decide(self, transaction: Transaction, name: str) -> tuple[Answer, Wish | None]:
        try:
            wish = read_wish(self.campaign.inbox.read(name))
        except InputError as error:
            return Answer(str(error), error.exit_code), None
        except OSError as error:
            return Answer(f"The wish cannot be read: {error}.", 1), None
        return grant(transaction, wish, self.book, self.campaign.settings, self.clock()), wish


def ask(campaign: Campaign, wish: Wish, patience: float = _PATIENCE) -> Answer:
    """Asks something of a campaign and returns the answer.

    The coordinator that runs it answers within a round; where none runs, the wish is granted here.

    Raises:
        InputError: this cannot be asked of any campaign.
        CampaignBusy: no answer came in time; the wish waits in the inbox.
        CoordinatorError, blueprint.BlueprintError: nobody runs it, and its store or its book cannot be read.
    """
    inbox = campaign.inbox
    name = inbox.put(wish)
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if not campaign.is_running():
            _grant_here(campaign)
        answer = inbox.fetch_answer(name)
        if answer is not None:
            return answer
        time.sleep(_GLANCES)
    raise CampaignBusy(
        f"Process {campaign.runner()} runs {campaign.folder} and has not answered yet; it will when it is less busy."
    )


def _grant_here(campaign: Campaign) -> None:
    """Grants what waits, unless somebody else has just begun to run the campaign: then that one will."""
    with ExitStack() as stack:
        try:
            stack.enter_context(campaign.lock())
        except CampaignBusy:
            return
        book = campaign.read_book()
        store = open_to_write(campaign)
        stack.callback(store.close)
        with store.begin() as transaction:
            seed_items(transaction, book.blueprint)
        for _ in Granter(campaign, book, store.begin).grant_waiting():
            pass


def stop(campaign: Campaign, patience: float = _PATIENCE) -> Answer:
    """Ends the run of a campaign and waits until it is over.

    Raises:
        CampaignBusy: it did not end in time.
    """
    if not campaign.is_running():
        return Answer("Nobody runs the campaign.")
    runner = campaign.runner()
    ask(campaign, Stop(runner), patience)
    until = time.monotonic() + patience
    while campaign.is_running() and campaign.runner() == runner:
        if time.monotonic() > until:
            raise CampaignBusy(f"Process {runner} was told to stop {campaign.folder}, and is still at it.")
        time.sleep(_GLANCES)
    return Answer("Stopped; `blueprover run` goes on with it.")
