"""Running a simulated campaign: the real loop, store, broker, worker processes and git; only the benches are not."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from coordinator.engine.reconcile import Coordinator
from coordinator.errors import ServiceError
from coordinator.schedule.state import OPEN_STATES
from coordinator.simulation.behaviour import Behaviour
from coordinator.simulation.plan import BEHAVIOUR
from coordinator.store.opening import open_to_write
from coordinator.store.schema import jobs, landings, pull_requests
from coordinator.work.carrier import QUEUES, connect, presence_key
from coordinator.work.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coordinator.campaign.campaign import Campaign
    from coordinator.schedule.actions import Finish
    from coordinator.store.store import Store

_UP_SECONDS = 60.0
"""How long the workers may take to show that they are there."""

_TAKEN_BACK = ("expired", "lost", "revoked")
"""Endings of jobs whose lease was taken back, by a stop among other things: their work goes out again."""

_GLANCE = 0.2
"""Seconds between two counts of the attempts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What has happened in a campaign so far.

    Attributes:
        attempts: attempts that workers have ended.
        settled: those of them of which no pull request is open any more.
        jobs: jobs of any kind that have ended.
        landings: branches that landed.
        cost_usd: dollars spent, by nobody on nothing.
    """

    attempts: int
    settled: int
    jobs: int
    landings: int
    cost_usd: float


@dataclass(frozen=True)
class Run:
    """A simulated campaign that runs in this process.

    Attributes:
        campaign: which.
        store: its store.
        services: its broker and its workers.
        coordinator: its loop.
    """

    campaign: Campaign
    store: Store
    services: Services
    coordinator: Coordinator

    @property
    def ends_early(self) -> bool:
        """Whether every attempt succeeds, so that there may be fewer of them than the book has stages."""
        return Behaviour.read(self.campaign.folder / BEHAVIOUR).success >= 1

    def go_on(self, enough: Callable[[], bool] = lambda: False) -> Finish | None:
        """Runs the loop to the campaign's end, or until `enough` says so: then without a finish."""
        while not enough():
            finish = self.coordinator.step()
            if finish is not None:
                return finish
        return None

    def tally(self) -> Tally:
        """What has happened so far."""
        with self.store.begin() as connection:
            ended = connection.execute(
                select(jobs.c.kind, func.count(), func.sum(jobs.c.cost_usd))
                .where(jobs.c.state == "ended", jobs.c.ending.not_in(_TAKEN_BACK))
                .group_by(jobs.c.kind)
            ).all()
            landed = connection.execute(select(func.count()).where(landings.c.state == "landed")).scalar_one()
            is_open = pull_requests.c.state.in_(OPEN_STATES)
            still_open = connection.execute(select(func.count()).where(is_open)).scalar_one()
        attempts = sum(count for kind, count, _ in ended if kind == "attempt")
        count, cost = sum(count for _, count, _ in ended), sum(cost for *_, cost in ended)
        return Tally(attempts, attempts - still_open, count, landed, float(cost))

    def sent_attempts(self) -> int:
        """How many attempts have been sent so far."""
        with self.store.begin() as connection:
            query = select(func.count()).where(jobs.c.kind == "attempt")
            return int(connection.execute(query).scalar_one())

    def after(self, attempts: int) -> Callable[[], bool]:
        """Whether so many attempts are settled, as `go_on` asks it: looked up now and then only."""
        due, over = 0.0, False

        def enough() -> bool:
            nonlocal due, over
            if time.monotonic() >= due:
                over = self.tally().settled >= attempts
                due = time.monotonic() + _GLANCE
            return over

        return enough


@contextmanager
def open_run(campaign: Campaign, clock: Callable[[], float] = time.time) -> Iterator[Run]:
    """Starts a simulated campaign's services and its loop, and stops them in the end.

    Args:
        campaign: which.
        clock: seconds since the epoch, as its coordinator believes.

    Raises:
        CampaignBusy: another coordinator holds it.
        ServiceError: a service does not start.
    """
    worker = (sys.executable, "-m", "coordinator.simulation", "--behaviour", str(campaign.folder / BEHAVIOUR))
    with ExitStack() as stack:
        stack.enter_context(campaign.lock())
        book = campaign.read_book()
        store = open_to_write(campaign)
        stack.callback(store.close)
        services = Services(campaign.settings, campaign.folder, worker)
        stack.callback(services.stop)
        services.start()
        coordinator = Coordinator(campaign, book, store, services, clock)
        stack.callback(coordinator.close)
        yield Run(campaign, store, services, coordinator)


def await_workers(services: Services) -> None:
    """Waits until the workers of both queues are there, so that their start is in no figure.

    Raises:
        ServiceError: they do not come.
    """
    client = connect(services.broker_url)
    until = time.monotonic() + _UP_SECONDS
    try:
        while not all(client.keys(presence_key(queue, "*")) for queue in QUEUES):
            if time.monotonic() > until:
                raise ServiceError(f"The workers did not come up within {_UP_SECONDS:.0f} s.")
            time.sleep(0.02)
    finally:
        client.close()
