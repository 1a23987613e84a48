"""Who looks at a coordinator at work, and writes down, counts and traces what it sees."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import structlog

from coordinator.observation.happenings import Chronicle
from coordinator.observation.logs import log_to
from coordinator.observation.measures import Measures
from coordinator.observation.server import serve_metrics
from coordinator.observation.tracing import export_traces
from coordinator.store.kept import get_meta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.campaign.campaign import Campaign
    from coordinator.observation.tracing import Tracing
    from coordinator.store.ledger import Ledger
    from coordinator.store.transaction import Event

_SECONDS = 1.0
"""Between two looks at the whole state."""

_LOSSES = frozenset({"lease_lost", "late_report"})
"""What is taken note of at once: a worker that is gone holds nothing, and what was reckoned of it may be wrong."""

log = structlog.get_logger(__name__)


class Observer:
    """Observes one run of a campaign, as its settings ask for. Use as a context.

    Attributes:
        port: where the metrics are served; ``None`` where they are not.
    """

    def __init__(self, campaign: Campaign, tracing: Tracing | None = None) -> None:
        """Takes note of what is to be observed.

        Args:
            campaign: which.
            tracing: makes traces; those that the settings ask for when left out.

        Raises:
            SettingsError: traces are asked for, and what makes them is not installed.
        """
        self._campaign = campaign
        endpoint = campaign.settings.traces.endpoint
        self._tracing = tracing or (export_traces(endpoint, campaign.settings.name) if endpoint else None)
        self._stack = ExitStack()
        self._ledger: Ledger | None = None
        self._looked_at = 0.0
        self.port: int | None = None

    def __enter__(self) -> Self:
        """Begins with the log."""
        self._stack.enter_context(
            log_to(self._campaign.folder / "logs" / "campaign.jsonl", self._campaign.settings.name)
        )
        if self._tracing is not None:
            self._stack.callback(self._tracing.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def follow(self, ledger: Ledger) -> None:
        """Follows what happens in a campaign from now on.

        Raises:
            ServiceError: metrics are asked for, and their port cannot be had.
        """
        settings = self._campaign.settings
        with ledger.begin() as transaction:
            self._chronicle = Chronicle(transaction, ledger.state)
            self._measures = Measures(transaction, settings.budget_usd)
            run = str(get_meta(transaction, "key"))
        if self._tracing is not None:
            self._tracing.follow(run, self._chronicle.under_way, time.time())
        self._ledger = ledger
        ledger.listeners.append(self._hear)
        self.look()
        if settings.metrics.port is not None:
            where = settings.metrics.address, settings.metrics.port
            self.port = self._stack.enter_context(serve_metrics(self._measures.registry, *where))

    def note_decision(self, seconds: float) -> None:
        """Counts a decision that took so long."""
        self._measures.note_decision(seconds)

    def look(self) -> None:
        """Takes note of where the campaign stands, unless that was done a moment ago."""
        now = time.monotonic()
        if self._ledger is not None and now - self._looked_at >= _SECONDS:
            self._looked_at = now
            self._measures.note_state(self._ledger.state)

    def _hear(self, events: Sequence[Event], seconds: float) -> None:
        self._measures.note_transaction(seconds)
        for happening in self._chronicle.tell(events):
            self._measures.note_happening(happening)
            if self._tracing is not None:
                self._tracing.note(happening)
            about = {
                "node": happening.node,
                "stage": happening.stage,
                "attempt": happening.attempt,
                "job": happening.job,
                "pull_request": happening.pull_request,
            }
            log.info(happening.kind, **{**happening.data, **{name: value for name, value in about.items() if value}})
        if self._ledger is not None and any(event.kind in _LOSSES for event in events):
            self._measures.note_jobs(self._ledger.state)
