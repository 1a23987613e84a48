"""Conflicts that no program settles: when an agent gets its try, and what is said when none is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.schedule.actions import StartResolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.campaign.settings import Settings
    from coordinator.schedule.state import CampaignState, PullRequest


def resolutions(
    state: CampaignState, settings: Settings, max_failures: int, resting: frozenset[int] = frozenset()
) -> Iterator[StartResolve]:
    """Tries for what is in conflict with ``main``, once it is known that what it would be joined with builds.

    None while another pull request of the same item may land without, and one at a time: the others may never be
    needed.

    Args:
        state: the campaign as it stands.
        settings: of the campaign.
        max_failures: jobs of a pull request that may end without an answer.
        resting: numbers of those that wait, since a job of theirs broke.
    """
    if state.certified != state.main:
        return
    served = {request.item for request in state.pull_requests if request.state != "resolving"}
    served |= {job.item for job in state.jobs if job.kind == "resolve" and job.item is not None}
    for request in state.pull_requests:
        has_tries = request.resolutions < settings.resolver.tries and request.tries < max_failures
        if has_tries and request.item not in served and request.number not in resting:
            served.add(request.item)
            yield StartResolve(request.item, request.number, request.resolutions + 1, 0.0)


def unresolved(request: PullRequest, state: CampaignState) -> str:
    """What the author of the next attempt is told of a conflict that is left."""
    count = request.resolutions
    tried = {0: "", 1: "One resolver could not join it with main. "}
    words = tried.get(count, f"{count} resolvers could not join it with main. ")
    return f"{words}Start from main as it is now, at {state.main[:10]}."
