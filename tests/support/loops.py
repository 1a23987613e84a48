"""A coordinator's loop with a real broker, hub and store, a clock of the test's own, and no workers but the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordinator.campaign.campaign import Campaign
from coordinator.engine.reconcile import Coordinator
from coordinator.git import MAIN
from coordinator.store.loading import load_state
from coordinator.store.store import Store, get_meta
from coordinator.work.carrier import Line, connect
from tests.support.campaigns import small_campaign
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coordinator.schedule.state import CampaignState
    from coordinator.work.messages import Report


class NoServices:
    """Stands for the services of a campaign: a broker that is there, and no processes."""

    owns_broker = True
    model_url = "http://127.0.0.1:9"

    def __init__(self, broker_url: str) -> None:
        self.broker_url = broker_url
        self.on_drain: Callable[[], None] = lambda: None
        self.lost: list[str] = []

    def revive(self) -> frozenset[str]:
        lost, self.lost = frozenset(self.lost), []
        if "broker" in lost:  # another address of the same one
            self.broker_url = self.broker_url.removesuffix("/0")
        return lost - {"broker"}

    def drain(self) -> None:
        self.on_drain()


class Loop:
    """A coordinator and the test's place at the other end of the broker."""

    def __init__(self, folder: Path, broker: str, **settings: Any) -> None:
        self.campaign = Campaign.open(small_campaign(folder, **settings))
        self.now = 1000.0
        self.store = Store(self.campaign.store_path, writable=True)
        self.services = NoServices(broker)
        self.coordinator = self._begin()
        self.line, self.client = Line(broker), connect(broker)
        with self.store.begin() as transaction:
            self.key = str(get_meta(transaction, "key"))

    def _begin(self) -> Coordinator:
        return Coordinator(
            self.campaign,
            self.campaign.read_book(),
            self.store,
            self.services,  # type: ignore[arg-type]
            lambda: self.now,
        )

    def begin_again(self) -> None:
        """Do as after ``kill -9``: another coordinator finds the store, the hub and the broker as they are."""
        self.coordinator.close()
        self.store.close()
        self.store = Store(self.campaign.store_path, writable=True)
        self.coordinator = self._begin()

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.coordinator.step(patience=0.01)

    def report(self, *reports: Report) -> None:
        for report in reports:
            self.line.report(self.key, report)

    def push_to_main(self) -> None:
        """Do as a person who pushes a file to ``main``."""
        tip = self.campaign.main()
        commit_files(self.campaign.hub, self.campaign.folder, {"NOTES": "by hand\n"}, MAIN, tip)

    def close(self) -> None:
        self.coordinator.close()
        self.client.close()
        self.line.close()
        self.store.close()

    @property
    def state(self) -> CampaignState:
        with self.store.begin() as transaction:
            return load_state(transaction)

    @property
    def jobs(self) -> list[int]:
        return [job.id for job in self.state.jobs]
