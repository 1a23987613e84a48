"""What to do next: one pure function from the campaign's state to a list of actions.

`decide` reads all of the state, remembers nothing and does nothing: the reconcile loop calls it on every signal and
at least every second, carries the actions out, and calls it again. Repeating it, or starting it on the store of a
coordinator that was killed, is therefore always safe.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from coordinator.schedule.actions import (
    Action,
    Approve,
    Bounce,
    Capacity,
    Finish,
    GiveUp,
    Land,
    Reap,
    Revoke,
    Start,
    StartAttempt,
    StartAudit,
    StartBuild,
    StartReview,
)
from coordinator.schedule.background import accusation, due_audit
from coordinator.schedule.budget import limits_of, say
from coordinator.schedule.conflicts import resolutions, unresolved
from coordinator.schedule.means import Affordable, within_means
from coordinator.schedule.racing import first_of_each, leaders
from coordinator.schedule.retrying import rest_seconds, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from coordinator.campaign.settings import Settings
    from coordinator.schedule.budget import Limits
    from coordinator.schedule.readiness import Readiness
    from coordinator.schedule.state import CampaignState, PullRequest, Verdict

MAX_TRIES = 5
"""Builds and reviews of one pull request, or audits of one commit, that may end without an answer."""


_ON_BUILDERS = frozenset({"build", "joint", "audit", "background_audit"})
"""Kinds of the jobs that take a builder."""


def decide(
    state: CampaignState, readiness: Readiness, settings: Settings, capacity: Capacity, now: float
) -> list[Action]:
    """Says what to do in `state` at `now` (seconds since the epoch).

    Args:
        state: the campaign as it stands.
        readiness: what can be worked on in that state.
        settings: the campaign's settings.
        capacity: slots and the price of a call.
        now: the time by which leases and back-offs are judged.

    Invariants of the answer: no item gets more attempts at once than `racing` says it is worth, or more than one new
    one; of no item more than one pull request lands; no more jobs than `capacity`; what is spent and
    promised together exceeds no limit; nothing is done twice for one pull request.
    """
    limits = limits_of(settings)
    lost = _lost(state, limits, now)
    if lost:
        return lost
    if state.audit_failure or len(state.audit_errors) >= MAX_TRIES:
        return [_red(state)]
    if accused := accusation(state, MAX_TRIES):
        return [Finish("stuck", accused)]
    asked, free = _asked_seats(state), _free_builders(state, capacity)
    look_back = due_audit(state, settings.audit_every, MAX_TRIES) if free else None
    free -= look_back is not None
    led, resting = leaders(state.pull_requests, asked), _resting(state, settings, now)
    settled = [action for request in state.pull_requests for action in _settle(request, state, settings, asked, led)]
    settled += _landings(state, free)

    def wanted(is_closed: Callable[[str], bool]) -> Iterator[Start]:
        return chain(
            _reviews(state, settings, asked, led, resting),
            resolutions(state, settings, MAX_TRIES, resting),
            _attempts(state, readiness, now, is_closed),
            _racers(state, readiness, now, is_closed),
        )

    means = Affordable() if state.paused else within_means(wanted, state, limits, capacity, now)
    given_up = [*map(GiveUp, readiness.exhausted), *(GiveUp(item, why) for item, why in means.hopeless)]
    actions = [
        *_survey(state),
        *([look_back] if look_back else []),
        *settled,
        *given_up,
        *_builds(state, free, resting),
        *means.started,
    ]
    if actions or state.jobs:
        return actions
    if means.shortage is not None and means.shortage.lasts and (means.is_over or readiness.is_empty):
        return [Finish("out_of_budget", say(means.shortage, state.chapters.name(means.shortage.of)))]
    return [] if state.pull_requests or not readiness.is_empty else [_conclude(state)]


def _lost(state: CampaignState, limits: Limits, now: float) -> list[Action]:
    """Leases that are over; where there are none, jobs that a limit that was overshot leaves no money for."""
    expired: list[Action] = [Reap(job.id) for job in state.jobs if job.lease_until < now]
    return expired or [*map(Revoke, state.purse.overshot(limits, now))]


def _survey(state: CampaignState) -> Iterator[StartAudit]:
    """An audit when ``main`` is not what was certified: at the start, and after a person's push."""
    if state.certified != state.main and not _auditing(state):
        yield StartAudit()


def _settle(
    request: PullRequest,
    state: CampaignState,
    settings: Settings,
    asked: Mapping[int, set[int]],
    led: Mapping[int, int],
) -> Iterator[Action]:
    """What the verdicts on a pull request, or its many tries, lead to. No two of one item are approved at a time."""
    if request.state == "approved":
        return
    if request.tries >= MAX_TRIES:
        yield Bounce(
            request.number,
            "infrastructure",
            f"{request.tries} builds, reviews or resolutions of it ended without an answer."
            + (f" The last said: {request.error}" if request.error else ""),
        )
        return
    if request.state == "resolving" and request.resolutions >= settings.resolver.tries:
        yield Bounce(request.number, "merge", unresolved(request, state))
        return
    if request.state != "reviewing":
        return
    against = [verdict for verdict in _current(request) if verdict.decision != "approve"]
    if against and not asked.get(request.number):
        yield Bounce(request.number, "reviewer", "\n\n".join(verdict.reasons for verdict in against))
    elif (
        len(_current(request)) >= _seats(request, state, settings)
        and not against
        and led[request.item] == request.number
    ):
        yield Approve(request.number)


def _landings(state: CampaignState, free: int) -> list[Land]:
    """The approved pull requests, one of each item, while ``main`` is certified and no audit says otherwise."""
    if state.certified != state.main or state.trail.red:
        return []
    approved = (request for request in state.pull_requests if request.state == "approved")
    return [Land(request.number, free) for request in first_of_each(approved)]


def _resting(state: CampaignState, settings: Settings, now: float) -> frozenset[int]:
    """Pull requests over which something broke a short while ago: it may be soon over, or not soon.

    What broke later than now broke before the clock was set back.
    """
    broken = [request for request in state.pull_requests if request.failed_at]
    rules = rules_of(settings.retry) if broken else None
    return frozenset(
        request.number
        for request in broken
        if rules is not None
        and request.failed_at <= now < request.failed_at + rest_seconds(request.number, request.tries, rules)
    )


def _reviews(
    state: CampaignState,
    settings: Settings,
    asked: Mapping[int, set[int]],
    led: Mapping[int, int],
    resting: frozenset[int],
) -> Iterator[StartReview]:
    for request in state.pull_requests:
        if request.number in resting:
            continue
        if request.state != "reviewing" or request.tries >= MAX_TRIES or led[request.item] != request.number:
            continue
        if any(verdict.decision != "approve" for verdict in _current(request)):
            continue
        taken = {verdict.seat for verdict in _current(request)} | asked.get(request.number, set())
        for seat in range(_seats(request, state, settings)):
            if seat not in taken:
                yield StartReview(request.item, request.number, seat, 0.0)


def _attempts(
    state: CampaignState, readiness: Readiness, now: float, is_closed: Callable[[str], bool]
) -> Iterator[StartAttempt]:
    """Attempts at what is ready, in the readiness's order.

    None before ``main`` has passed its first audit: no money is spent on a base that does not build.
    """
    if state.audited:
        for item in readiness.ready(now, is_closed):
            yield StartAttempt(item.id, item.sent + 1, 0.0)


def _racers(
    state: CampaignState, readiness: Readiness, now: float, is_closed: Callable[[str], bool]
) -> Iterator[StartAttempt]:
    """Further attempts at items that have one, for slots that nothing else has use for.

    None while nothing is under way: that money does not suffice for them ends no campaign.
    """
    if state.audited and state.jobs:
        for item in readiness.racers(now, is_closed):
            yield StartAttempt(item.id, item.sent + 1, 0.0)


def _free_builders(state: CampaignState, capacity: Capacity) -> int:
    """Builds that can begin; none while it is not known that ``main`` builds."""
    if state.certified != state.main:
        return 0
    return max(0, capacity.builds - sum(job.kind in _ON_BUILDERS for job in state.jobs))


def _builds(state: CampaignState, free: int, resting: frozenset[int]) -> list[StartBuild]:
    under_way = resting | {job.pull_request for job in state.jobs if job.kind == "build"}
    waiting = [
        request
        for request in state.pull_requests
        if request.state == "checking" and request.number not in under_way and request.tries < MAX_TRIES
    ]
    ahead = {request.item for request in state.pull_requests if request.state in {"reviewing", "approved"}}
    waiting.sort(key=lambda request: request.item in ahead)  # what is behind in a race may never be needed
    return [StartBuild(request.number) for request in waiting[:free]]


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
    skipped = sorted(state.skipped)
    left_out = f" Left out by a person, with what rests on them: {', '.join(skipped[:5])}." if skipped else ""
    return Finish("done", f"Every node that is ready is proved.{left_out}")


def _current(request: PullRequest) -> list[Verdict]:
    """Verdicts that bind: those given of the very commit proposed."""
    return [verdict for verdict in request.verdicts if verdict.commit == request.head]


def _asked_seats(state: CampaignState) -> dict[int, set[int]]:
    """Seats that review a pull request right now, by its number."""
    asked: dict[int, set[int]] = {}
    for job in state.jobs:
        if job.kind == "review" and job.pull_request is not None:
            asked.setdefault(job.pull_request, set()).add(job.number)
    return asked


def _seats(request: PullRequest, state: CampaignState, settings: Settings) -> int:
    return settings.reviews.statement if state.by_id[request.item].stage == "statement" else settings.reviews.proof
