"""What to do next: one pure function from the campaign's state to a list of actions.

`decide` reads all of the state, remembers nothing and does nothing: the reconcile loop calls it on every signal and
at least every second, carries the actions out, and calls it again. Repeating it, or starting it on the store of a
coordinator that was killed, is therefore always safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint import ready_stages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blueprint import DependencyGraph
    from coordinator.campaign.settings import Settings
    from coordinator.schedule.state import CampaignState, Item, PullRequest, Verdict

MAX_TRIES = 5
"""Builds and reviews of one pull request, or audits of one commit, that may end without an answer."""


@dataclass(frozen=True, slots=True)
class Reap:
    """Take back the expired lease of a job."""

    job: int


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Send an agent to work on an item, with so many dollars at most."""

    item: int
    number: int
    cap_usd: float


@dataclass(frozen=True, slots=True)
class StartReview:
    """Ask the reviewer of a seat about a pull request."""

    pull_request: int
    seat: int
    cap_usd: float


@dataclass(frozen=True, slots=True)
class StartBuild:
    """Have a pull request, joined with ``main``, certified."""

    pull_request: int


@dataclass(frozen=True, slots=True)
class StartAudit:
    """Have ``main`` built from nothing and its axioms read."""


@dataclass(frozen=True, slots=True)
class Approve:
    """A pull request has all the verdicts it needs."""

    pull_request: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """A pull request goes back to its item with reasons."""

    pull_request: int
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Land:
    """An approved pull request may move ``main``."""

    pull_request: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """An item has used up its attempts."""

    item: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do: ``done``, ``stuck`` or ``out_of_budget``, and why."""

    state: str
    reason: str


Action = Reap | StartAttempt | StartReview | StartBuild | StartAudit | Approve | Bounce | Land | GiveUp | Finish


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is to work with.

    Attributes:
        agents: attempts and reviews that the workers can run at once.
        builds: builds and audits that they can run at once.
        call_usd: dollars that the dearest single call of the model may cost: with less, no agent can start.
    """

    agents: int
    builds: int
    call_usd: float = 0.01


def decide(
    state: CampaignState, graph: DependencyGraph, settings: Settings, capacity: Capacity, now: float
) -> list[Action]:
    """Says what to do in `state` at `now` (seconds since the epoch).

    Invariants of the answer: no item gets a second attempt or pull request while one is open; no more jobs than
    `capacity`; the caps of all jobs together never exceed the budget; nothing is done twice for one pull request.
    """
    expired: list[Action] = [Reap(job.id) for job in state.jobs if job.lease_until < now]
    if expired:
        return expired
    if state.audit_failure or len(state.audit_errors) >= MAX_TRIES:
        return [_red(state)]
    settled = [action for request in state.pull_requests for action in _settle(request, state, settings)]
    wanted: list[StartReview | StartAttempt] = [*_reviews(state, settings), *_attempts(state, graph, settings, now)]
    started, money_ends = _within_means(wanted, state, settings, capacity)
    actions = [*_survey(state), *settled, *_give_ups(state, settings), *_builds(state, capacity), *started]
    if actions or state.jobs or _waiting(state, graph):
        return actions if not money_ends or actions or state.jobs else [_out_of_budget(settings)]
    return [_conclude(state)]


def _survey(state: CampaignState) -> Iterator[StartAudit]:
    """An audit when ``main`` is not what was certified: at the start, and after a person's push."""
    if state.certified != state.main and not _auditing(state):
        yield StartAudit()


def _settle(request: PullRequest, state: CampaignState, settings: Settings) -> Iterator[Action]:
    """What the verdicts on a pull request, or its many tries, lead to."""
    if request.state == "approved":
        if state.certified == state.main:
            yield Land(request.number)
        return
    if request.tries >= MAX_TRIES:
        yield Bounce(
            request.number, "infrastructure", f"{request.tries} builds or reviews of it ended without an answer."
        )
        return
    if request.state != "reviewing":
        return
    against = [verdict for verdict in _current(request) if verdict.decision != "approve"]
    if against and not _under_review(request, state):
        yield Bounce(request.number, "reviewer", "\n\n".join(verdict.reasons for verdict in against))
    elif len(_current(request)) >= _seats(request, state, settings) and not against:
        yield Approve(request.number)


def _reviews(state: CampaignState, settings: Settings) -> Iterator[StartReview]:
    for request in state.pull_requests:
        if request.state != "reviewing" or request.tries >= MAX_TRIES:
            continue
        if any(verdict.decision != "approve" for verdict in _current(request)):
            continue
        taken = {verdict.seat for verdict in _current(request)} | _under_review(request, state)
        for seat in range(_seats(request, state, settings)):
            if seat not in taken:
                yield StartReview(request.number, seat, 0.0)


def _attempts(state: CampaignState, graph: DependencyGraph, settings: Settings, now: float) -> Iterator[StartAttempt]:
    """Attempts at what is ready, the items that unblock most first.

    None before ``main`` has passed its first audit: no money is spent on a base that does not build.
    """
    if not state.audited:
        return
    ready = [item for item in _idle(state, graph) if item.not_before <= now]
    order = {label: place for place, label in enumerate(graph.order())}
    for item in sorted(ready, key=lambda item: (-graph.leverage(item.label), order[item.label])):
        if item.attempts < settings.retry.max_attempts:
            yield StartAttempt(item.id, item.sent + 1, 0.0)


def _give_ups(state: CampaignState, settings: Settings) -> Iterator[GiveUp]:
    busy = _busy(state)
    for item in state.items.values():
        if item.state == "open" and item.id not in busy and item.attempts >= settings.retry.max_attempts:
            yield GiveUp(item.id)


def _builds(state: CampaignState, capacity: Capacity) -> list[StartBuild]:
    under_way = {job.pull_request for job in state.jobs if job.kind == "build"}
    free = capacity.builds - sum(job.kind in {"build", "audit"} for job in state.jobs)
    if state.certified != state.main:
        free = 0
    waiting = [
        request.number
        for request in state.pull_requests
        if request.state == "checking" and request.number not in under_way and request.tries < MAX_TRIES
    ]
    return [StartBuild(number) for number in waiting[: max(free, 0)]]


def _within_means(
    wanted: Sequence[StartReview | StartAttempt], state: CampaignState, settings: Settings, capacity: Capacity
) -> tuple[list[Action], bool]:
    """As many of `wanted` as slots and money allow, each with its cap; and whether money was what ended it."""
    free = capacity.agents - sum(job.kind in {"attempt", "review"} for job in state.jobs)
    room = settings.budget_usd - state.spent_usd - state.reserved_usd
    started: list[Action] = []
    for action in wanted[: max(free, 0)]:
        cap = min(settings.attempt.max_cost_usd, room)
        if cap < min(capacity.call_usd, settings.attempt.max_cost_usd):
            return started, True
        room -= cap
        if isinstance(action, StartReview):
            started.append(StartReview(action.pull_request, action.seat, cap))
        else:
            started.append(StartAttempt(action.item, action.number, cap))
    return started, False


def _waiting(state: CampaignState, graph: DependencyGraph) -> bool:
    """Whether something may still happen without a job running: a retry that is due later, a request in the queue."""
    return bool(state.pull_requests) or any(True for _ in _idle(state, graph))


def _red(state: CampaignState) -> Finish:
    remedy = f"Mend it with a push to main ({state.main[:10]}), then run again."
    if state.audit_failure:
        return Finish("stuck", f"The audit of main failed: {state.audit_failure} {remedy}")
    return Finish("stuck", f"{len(state.audit_errors)} audits of main gave no answer: {state.audit_errors[-1]}")


def _auditing(state: CampaignState) -> bool:
    return any(job.kind == "audit" for job in state.jobs)


def _conclude(state: CampaignState) -> Action:
    if state.audited != state.main:
        return StartAudit()
    failed = sorted(state.failed)
    if failed:
        return Finish("stuck", f"{len(failed)} node(s) were given up: {', '.join(failed[:5])}.")
    return Finish("done", "Every node that is ready is proved.")


def _out_of_budget(settings: Settings) -> Finish:
    return Finish("out_of_budget", f"The budget of ${settings.budget_usd:.2f} is spent; raise `budget_usd` to go on.")


def _idle(state: CampaignState, graph: DependencyGraph) -> list[Item]:
    """Open items that are ready and that nobody works on."""
    busy = _busy(state)
    ready = (state.items[label, stage] for label, stage in ready_stages(graph, state.landed))
    return [item for item in ready if item.state == "open" and item.id not in busy]


def _busy(state: CampaignState) -> set[int | None]:
    attempts = {job.item for job in state.jobs if job.kind == "attempt"}
    return attempts | {request.item for request in state.pull_requests}


def _current(request: PullRequest) -> list[Verdict]:
    """Verdicts that bind: those given of the very commit proposed."""
    return [verdict for verdict in request.verdicts if verdict.commit == request.head]


def _under_review(request: PullRequest, state: CampaignState) -> set[int]:
    return {job.number for job in state.jobs if job.kind == "review" and job.pull_request == request.number}


def _seats(request: PullRequest, state: CampaignState, settings: Settings) -> int:
    return settings.reviews.statement if state.by_id[request.item].stage == "statement" else settings.reviews.proof
