"""The ledger: a campaign's state in memory, kept in step with the store by what each transaction changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from coordinator.queue import Modules
from coordinator.schedule.budget import Money
from coordinator.schedule.experience import Experience, prior_of
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.state import is_wanted
from coordinator.store import jobs
from coordinator.store.audits import load_trail
from coordinator.store.kept import get_meta
from coordinator.store.lessons import attempts_over, read_lessons
from coordinator.store.loading import (
    load_audit_errors,
    load_audit_failure,
    load_items,
    load_jobs,
    load_modules,
    load_requests,
    load_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint import DependencyGraph
    from coordinator.campaign.settings import Settings
    from coordinator.store.store import Store
    from coordinator.store.transaction import Event, Transaction

_TRAIL_EVENTS = frozenset(
    {"landed", "audited", "background_audit_sent", "background_audit_ended", "background_audited", "lease_lost"}
)

_MAIN_CHANGES = frozenset({"main", "certified", "audited", "audit_failure", "began"})

_SPENT = ("cost_usd", "input_tokens", "output_tokens")
"""What an event says of money."""

Listener = Callable[[Sequence["Event"], float], None]


class Ledger:
    """What the one writer of a store knows of it, so that a decision reads no row twice.

    Invariant: between two transactions, `state` is what `load_state` would load, but for the leases of jobs: these are
    renewed in memory only, since a coordinator that starts again gives every lease a new term.

    Attributes:
        state: the campaign's state.
        modules: what is certified of the modules of ``main``.
        readiness: what can be worked on in it, with what the campaign has learnt.
        changes: how many transactions so far changed anything.
        listeners: told after each transaction what happened in it and how many seconds it took.
    """

    def __init__(self, store: Store, graph: DependencyGraph, settings: Settings) -> None:
        """Loads the state of a campaign with these settings, whose book has this `graph`."""
        self._store = store
        self._blueprint = graph.blueprint
        self.listeners: list[Listener] = []
        self.changes = 0
        self._model = settings.model.name
        experience = Experience(prior_of(settings))
        with store.begin() as transaction:
            self.state = load_state(transaction, self._blueprint)
            self.modules = Modules(load_modules(transaction))
            for lesson in read_lessons(transaction, self._blueprint, self._model):
                experience.learn(lesson)
        self.readiness = Readiness(graph, self.state, settings, experience)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction of the store (see `Store.begin`), after which the state knows what it changed.

        Raises:
            StoreError: nothing of the transaction is kept, in the store or here.
        """
        began = time.perf_counter()
        with self._store.begin() as transaction:
            yield transaction
            changes = _Changes(transaction)
            changes.read(transaction)
            over = attempts_over(transaction)
            lessons = list(read_lessons(transaction, self._blueprint, self._model, over)) if over else []
        for lesson in lessons:
            self.readiness.experience.learn(lesson)
        self._follow(changes)
        self.changes += bool(transaction.events or transaction.meta)
        for listener in self.listeners:
            listener(transaction.events, time.perf_counter() - began)

    def renew_leases(self, worker: str, held: Sequence[int], until: float, now: float) -> None:
        """Renews the leases that a worker says it holds; those already lost stay lost."""
        live = [job for job in map(self.state.job, held) if job is not None]
        taken = [job.id for job in live if job.worker != worker]
        if taken:
            with self.begin() as transaction:
                jobs.take_jobs(transaction, worker, taken, now)
        for job in live:
            self.state.put_job(replace(job, lease_until=until, worker=worker))

    def extend_leases(self, until: float) -> None:
        """Gives every lease that is held at least until `until`."""
        for job in self.state.jobs:
            if job.lease_until < until:
                self.state.put_job(replace(job, lease_until=until))

    def _follow(self, changes: _Changes) -> None:
        self._follow_jobs(changes)
        self._follow_requests(changes)
        state = self.state
        for item in changes.items:
            if is_wanted(item, self._blueprint):
                state.put_item(item)
        for number, spent, at in changes.spent:
            state.purse.book(state.account(number), spent, at)
        if changes.replaced_modules:
            self.modules = Modules()
        for name, record in changes.modules.items():
            self.modules.put(name, record)
        state.lean = changes.meta.get("lean", state.lean)
        state.paused = changes.meta.get("paused", state.paused)
        if changes.main is not None:
            state.main, state.certified, state.audited, state.audit_failure, state.audit_errors = changes.main
        if changes.trail is not None:
            state.trail = changes.trail
        self.readiness.follow(changes.item_ids)

    def _follow_jobs(self, changes: _Changes) -> None:
        live = {job.id: job for job in changes.jobs}
        for number in sorted(changes.job_ids):
            known = self.state.job(number)
            if number not in live:
                self.state.end_job(number)
            elif known is None:
                self.state.put_job(live[number])
            else:
                self.state.put_job(replace(live[number], lease_until=known.lease_until))

    def _follow_requests(self, changes: _Changes) -> None:
        still_open = {request.number: request for request in changes.requests}
        for number in sorted(changes.request_numbers):
            if number in still_open:
                self.state.put_request(still_open[number])
            else:
                self.state.close_request(number)


class _Changes:
    """What a transaction changed: the records its events name, as they are at its end."""

    def __init__(self, transaction: Transaction) -> None:
        data = [event.data for event in transaction.events]
        self.item_ids = {each["item"] for each in data if each.get("item") is not None}
        self.job_ids = {each["job"] for each in data if each.get("job") is not None}
        self.request_numbers = {each["pull_request"] for each in data if each.get("pull_request") is not None}
        self.meta = transaction.meta
        self.modules, self.replaced_modules = transaction.modules, transaction.replaced_modules
        self.spent = [_spent(event) for event in transaction.events if "cost_usd" in event.data]

    def read(self, transaction: Transaction) -> None:
        """Reads these records."""
        self.items = list(load_items(transaction, self.item_ids)) if self.item_ids else []
        self.jobs = list(load_jobs(transaction, self.job_ids)) if self.job_ids else []
        self.requests = list(load_requests(transaction, self.request_numbers)) if self.request_numbers else []
        audited = any(event.kind in {"audit_ended", "lease_lost"} for event in transaction.events)
        kinds = {event.kind for event in transaction.events}
        self.trail = load_trail(transaction) if kinds & _TRAIL_EVENTS else None
        self.main = _read_main(transaction) if audited or transaction.meta.keys() & _MAIN_CHANGES else None


def _spent(event: Event) -> tuple[int | None, Money, float]:
    """Of which item an event tells that something was spent on it, how much, and when that counts."""
    usd, read, written = (event.data.get(name, 0) for name in _SPENT)
    return event.data.get("item"), Money(usd, read + written), event.data.get("ended_at", event.at)


def _read_main(transaction: Transaction) -> tuple[str, str, str, str, tuple[str, ...]]:
    return (
        get_meta(transaction, "main"),
        get_meta(transaction, "certified"),
        get_meta(transaction, "audited"),
        load_audit_failure(transaction),
        load_audit_errors(transaction),
    )
