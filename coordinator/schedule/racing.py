"""Races: several attempts at one item at once, and which model makes them.

An item that holds up many others, or that failed before, is worth more than one attempt at a time and a stronger model.
The first that lands wins; the others are revoked in the same transaction, and what they cost is counted all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from coordinator.campaign.settings import Settings
    from coordinator.schedule.state import CampaignState, PullRequest


@dataclass(frozen=True, slots=True)
class RaceRules:
    """When races are run, and with which models.

    Attributes:
        max_width: attempts at one item at once, at most.
        blocks_many: nodes resting on an item's node for which it gets one attempt more at once, and a model one tier
            up; twice as many for the next one.
        after_failures: failed attempts at an item for which it gets the same; as many again for the next one.
        tiers: names of models, cheap to strong; at least one.
    """

    max_width: int = 1
    blocks_many: int = 50
    after_failures: int = 2
    tiers: tuple[str, ...] = ("",)

    def _steps(self, unblocks: int, failures: int) -> int:
        """How much more than usual an item deserves: a step for each doubling of what it holds up, and by failures."""
        return (unblocks // self.blocks_many).bit_length() + failures // self.after_failures

    def width(self, unblocks: int, failures: int, left: int) -> int:
        """Attempts at an item at once, at least one.

        Args:
            unblocks: how many nodes rest on its node.
            failures: attempts at it that failed.
            left: attempts that it may still have, those under way among them: a race is never wider.
        """
        return max(1, min(1 + self._steps(unblocks, failures), self.max_width, left))

    def model(self, unblocks: int, failures: int) -> str:
        """The model that makes the next attempt at an item.

        Args:
            unblocks: how many nodes rest on its node.
            failures: attempts at it before this one: those under way are reckoned as failed, for if one of them is
                not, this one is of no use.
        """
        if len(self.tiers) == 1:
            return self.tiers[0]
        return self.tiers[min(self._steps(unblocks, failures), len(self.tiers) - 1)]


def race_rules(settings: Settings) -> RaceRules:
    """What the settings of a campaign say."""
    race, model = settings.race, settings.model
    return RaceRules(race.max_width, race.blocks_many, race.after_failures, model.tiers or (model.name,))


def count_racers(state: CampaignState) -> Counter[int]:
    """How many attempts are under way and pull requests open at each item of which none has been certified yet.

    As soon as one has, the race grows no more; when that one bounces, it may again.
    """
    attempts = (job.item for job in state.jobs if job.kind == "attempt" and job.item is not None)
    racers = Counter([*attempts, *(request.item for request in state.pull_requests)])
    for request in state.pull_requests:
        if request.certified:
            del racers[request.item]
    return racers


def leaders(requests: Iterable[PullRequest], asked: Mapping[int, set[int]]) -> dict[int, int]:
    """The pull request that leads the race for each item with certified ones, by the item: it alone is reviewed.

    It is the one that has come farthest; of several that have come equally far, the first. So it stays the same one
    until it lands or bounces, unless another is approved.

    Args:
        requests: the open pull requests, oldest first.
        asked: seats that review one right now, by its number.
    """
    led: dict[int, tuple[tuple[bool, int], int]] = {}
    for request in requests:
        if request.state in {"reviewing", "approved"}:
            seats = {verdict.seat for verdict in request.verdicts if verdict.commit == request.head}
            come = (request.state == "approved", len(seats | asked.get(request.number, set())))
            if request.item not in led or come > led[request.item][0]:
                led[request.item] = (come, request.number)
    return {item: number for item, (_, number) in led.items()}


def first_of_each(requests: Iterable[PullRequest]) -> Iterator[PullRequest]:
    """The first of some pull requests for each item: no item lands twice."""
    seen: set[int] = set()
    for request in requests:
        if request.item not in seen:
            seen.add(request.item)
            yield request
