"""What is measured of a campaign. The manual explains each metric: a test compares."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, get_args

from sqlalchemy import func, select

from coordinator.observation.metrics import Family, Histogram, Registry
from coordinator.schedule.state import OPEN_STATES, JobKind
from coordinator.store.schema import jobs
from coordinator.views.tallies import count_landings, count_requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coordinator.observation.happenings import Happening
    from coordinator.schedule.state import CampaignState
    from coordinator.store.transaction import Transaction

_SECONDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

_ATTEMPT_ENDINGS = ("submitted", "gave_up", "limit", "failed", "cancelled", "expired", "revoked")

_LOST = ("expired", "lost")

_CLOSED = ("landed", "bounced", "withdrawn")


class Measures:
    """The metrics of one campaign: counters begin with what the store holds, so that they outlive the coordinator.

    Attributes:
        registry: where they are read.
    """

    def __init__(self, transaction: Transaction, budget_usd: float) -> None:
        """Reads from the store what has happened so far."""
        self.registry = Registry()
        self._attempts = self._counter("attempts", "Attempts that ended, by how.", "ending")
        self._landings = self._counter("landings", "Items that landed, by stage.", "stage")
        self._lost = self._counter("leases_lost", "Jobs whose lease was taken back, by kind.", "kind")
        self._dollars = self._counter("spent_dollars", "Dollars that were spent, by kind of job.", "kind")
        self._tokens = self._counter("tokens", "Tokens that were spent, read or written.", "direction")
        self._issues = self._counter("issues_filed", "Issues that were filed and not known before.")
        self._requests = self._gauge("pull_requests", "Pull requests, by state.", "state")
        self._jobs = self._gauge("jobs", "Jobs that a worker holds, by kind.", "kind")
        self._queued = self._gauge("queue_length", "Jobs that were sent and no worker has taken, by kind.", "kind")
        self._items = self._gauge("items", "Stages of nodes, by state.", "state")
        self._spent = self._gauge("budget_spent_dollars", "Dollars that count as spent of the budget.")
        self._reserved = self._gauge("reserved_dollars", "Dollars promised to jobs under way.")
        self._gauge("budget_dollars", "Dollars that the campaign may spend in all.").set(budget_usd)
        self._paused = self._gauge("paused", "1 while a person has paused the campaign, else 0.")
        self._decisions = self._histogram("decision_seconds", "Seconds that one decision took.")
        self._transactions = self._histogram("transaction_seconds", "Seconds that one transaction of the store took.")
        self._load(transaction)

    def _counter(self, name: str, text: str, label: str = "") -> Family:
        return self.registry.add(Family(f"blueprover_{name}_total", text, "counter", label))

    def _gauge(self, name: str, text: str, label: str = "") -> Family:
        return self.registry.add(Family(f"blueprover_{name}", text, "gauge", label))

    def _histogram(self, name: str, text: str) -> Histogram:
        return self.registry.add_histogram(Histogram(f"blueprover_{name}", text, _SECONDS))

    def _load(self, transaction: Transaction) -> None:
        sums = func.sum(jobs.c.cost_usd), func.sum(jobs.c.input_tokens), func.sum(jobs.c.output_tokens)
        ended = select(jobs.c.kind, jobs.c.ending, func.count(), *sums).where(jobs.c.state == "ended")
        self._attempts.values = dict.fromkeys(_ATTEMPT_ENDINGS, 0.0)
        self._lost.values = dict.fromkeys(get_args(JobKind), 0.0)
        for kind, ending, count, dollars, read, written in transaction.execute(
            ended.group_by(jobs.c.kind, jobs.c.ending)
        ):
            if kind == "attempt":
                self._attempts.add(count, ending)
            if ending in _LOST:
                self._lost.add(count, kind)
            self._spend(kind, dollars, read, written)
        self._landings.values = {"statement": 0.0, "proof": 0.0, **count_landings(transaction)}
        known: dict[str, float] = dict.fromkeys((*OPEN_STATES, *_CLOSED), 0.0)
        self._requests.values = {**known, **count_requests(transaction)}

    def note_happening(self, happening: Happening) -> None:
        """Counts something that happened."""
        data = happening.data
        with self.registry.lock:
            match happening.kind:
                case "attempt_ended":
                    self._attempts.add(of=str(data["ending"]))
                case "lease_lost":
                    self._lost.add(of=happening.of)
                    if happening.of == "attempt":
                        self._attempts.add(of=str(data["ending"]))
                case "landed":
                    self._landings.add(of=happening.stage)
                    self._requests.add(of="landed")
                case "bounced" | "withdrawn":
                    self._requests.add(of=happening.kind)
                case "revoked" if happening.of == "attempt":
                    self._attempts.add(of="revoked")
                case "issue_filed":
                    self._issues.add()
            if data.get("cost_usd"):
                used = data["cost_usd"], data.get("input_tokens", 0), data.get("output_tokens", 0)
                self._spend(happening.of, *used)

    def note_transaction(self, seconds: float) -> None:
        """Counts a transaction that took so long."""
        with self.registry.lock:
            self._transactions.observe(seconds)

    def note_decision(self, seconds: float) -> None:
        """Counts a decision that took so long."""
        with self.registry.lock:
            self._decisions.observe(seconds)

    def note_state(self, state: CampaignState) -> None:
        """Takes note of where the campaign stands."""
        requests = _count(request.state for request in state.pull_requests)
        stages = _count(item.state for item in state.by_id.values())
        with self.registry.lock:
            for name in OPEN_STATES:
                self._requests.set(requests.get(name, 0.0), name)
            self._items.replace(stages)
            self._paused.set(float(state.paused))
        self.note_jobs(state)

    def note_jobs(self, state: CampaignState) -> None:
        """Takes note of the jobs under way, and of the money."""
        held = _count(job.kind for job in state.jobs if job.worker)
        queued = _count(job.kind for job in state.jobs if not job.worker)
        none: dict[str, float] = dict.fromkeys(get_args(JobKind), 0.0)
        with self.registry.lock:
            self._jobs.replace({**none, **held})
            self._queued.replace({**none, **queued})
            self._spent.set(state.spent_usd)
            self._reserved.set(state.reserved_usd)

    def _spend(self, kind: str, dollars: float, read: float, written: float) -> None:
        self._dollars.correct(dollars or 0.0, kind)
        self._tokens.correct(read or 0, "input")
        self._tokens.correct(written or 0, "output")


def _count(names: Iterable[str]) -> dict[str, float]:
    return {name: float(number) for name, number in Counter(names).items()}
