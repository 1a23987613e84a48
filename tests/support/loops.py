"""A coordinator's loop with a real broker, hub and store, a clock of the test's own, and no workers but the test."""

from __future__ import annotations

import base64
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coordinator.campaign.campaign import Campaign
from coordinator.engine.reconcile import Coordinator
from coordinator.git import MAIN
from coordinator.store.kept import get_meta
from coordinator.store.loading import load_state
from coordinator.store.store import Store
from coordinator.work.carrier import QUEUES, Line, connect
from coordinator.work.orders import read_order
from tests.support.campaigns import small_campaign
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from coordinator.schedule.state import CampaignState
    from coordinator.work.orders import Order
    from coordinator.work.reports import Report


class NoServices:
    """Stands for the services of a campaign: a broker that is there, and no processes."""

    owns_broker = True

    def __init__(self, broker_url: str, model_url: str) -> None:
        self.broker_url = broker_url
        self.model_url = model_url
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

    def __init__(self, folder: Path, broker: str, model_url: str = "http://127.0.0.1:9", /, **settings: Any) -> None:
        self.campaign = Campaign.open(small_campaign(folder, **settings))
        self.now = 1000.0
        self.store = Store(self.campaign.store_path, writable=True)
        self.services = NoServices(broker, model_url)
        self.coordinator = self._begin()
        self.line, self.client = Line(broker), connect(broker)
        self.key = self._read_key()

    def _read_key(self) -> str:
        with self.store.begin() as transaction:
            return str(get_meta(transaction, "key"))

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
        self.kill()
        self.start_again()

    def kill(self) -> None:
        """Do as ``kill -9``: nothing is wound down."""
        self.coordinator.close()
        self.store.close()

    def start_again(self) -> None:
        """Start another coordinator on what is there."""
        self.store = Store(self.campaign.store_path, writable=True)
        self.coordinator = self._begin()
        self.key = self._read_key()

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.coordinator.step(patience=0.01)

    def report(self, *reports: Report) -> None:
        for report in reports:
            self.line.report(self.key, report)

    def orders(self) -> list[Order]:
        """Take the orders that wait for workers, oldest first, those of the builders last."""
        waiting = [self.client.rpop(queue) for queue in QUEUES for _ in range(int(self.client.llen(queue)))]
        bodies = [base64.b64decode(json.loads(message)["body"]) for message in waiting if isinstance(message, str)]
        orders = [read_order(json.loads(body)[0][0]) for body in bodies]
        return [order for order in orders if order.envelope.campaign == self.key]

    def push_to_main(self, files: Mapping[str, str] = MappingProxyType({"NOTES": "by hand\n"})) -> str:
        """Do as a person who pushes files to ``main``; return the commit."""
        tip = self.campaign.main()
        return commit_files(self.campaign.hub, self.campaign.folder, dict(files), MAIN, tip)

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
