"""Races: several attempts at one item at once, and which model makes them.

An item that holds up many others, or that failed before, is worth more than one attempt at a time and a stronger model.
The first result that is certified wins; the others are told to stop, and what they cost is counted all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RaceRules:
    """When races are run, and with which models.

    Attributes:
        max_width: attempts at one item at once, at most.
        blocks_many: nodes resting on an item's node for which it gets one attempt more at once, and a model one tier
            up; as many again for the next one.
        after_failures: failed attempts at an item for which it gets the same.
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
            left: attempts that it may still have, at least one: a race is never wider.
        """
        return max(1, min(1 + self._steps(unblocks, failures), self.max_width, left))

    def model(self, unblocks: int, failures: int) -> str:
        """The model that makes the next attempt at an item."""
        return self.tiers[min(self._steps(unblocks, failures), len(self.tiers) - 1)]


@dataclass(frozen=True, slots=True)
class Racer:
    """One of several attempts at an item, while it is under way or its pull request is open.

    Attributes:
        job: of the attempt.
        request: number of its pull request; ``None`` while it is under way.
        certified: whether the pull request is.
    """

    job: int
    request: int | None = None
    certified: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """How a race stands.

    Attributes:
        winner: number of the pull request that won; ``None`` while none is certified.
        revoke: jobs of attempts to stop, in order.
        withdraw: numbers of pull requests to close, in order.
    """

    winner: int | None = None
    revoke: tuple[int, ...] = ()
    withdraw: tuple[int, ...] = ()


def judge(racers: Sequence[Racer]) -> Placing:
    """Says who won the race for one item, and who has lost it: all others, as soon as one is certified.

    Of several that were certified meanwhile, the one that was proposed first wins, so that the answer stays the same
    however often it is asked for.
    """
    certified = [racer.request for racer in racers if racer.certified and racer.request is not None]
    if not certified:
        return Placing()
    winner = min(certified)
    proposed = [racer.request for racer in racers if racer.request is not None]
    return Placing(
        winner,
        revoke=tuple(sorted(racer.job for racer in racers if racer.request is None)),
        withdraw=tuple(sorted(number for number in proposed if number != winner)),
    )
