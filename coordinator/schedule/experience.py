"""What this campaign has taught about attempts: how likely one is to land, what it costs and how long it takes.

Attempts are sorted into groups, each inside the one before it: all; those at the same stage; of the same model; after
as many failures; about as long in the book; of the same kind. A group inherits what the attempts around it taught, as
if it had made a few of them itself, and its own attempts soon outweigh that. Nothing is counted twice: what a group
inherits comes only from attempts outside it.

The chance to land has a Beta distribution. Dollars and seconds have means whose inverses have Gamma distributions. An
attempt that ended changes six sums, however many came before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blueprint import Node, Stage
    from coordinator.campaign.settings import Settings

Group = tuple[object, ...]
"""What the attempts of a group have in common: nothing, the stage, the stage and the model, and so on."""

_PART_OF_CAP = 0.2
"""What an attempt and its reviews are taken to cost before any has ended, as a part of what one attempt may."""

_PART_OF_WALL = 1 / 6
"""How long they are taken to last, as a part of what one attempt may."""

INHERITED = 5.0
"""Attempts that what a group inherits weighs at most: after as many of its own, half of its forecast is its own."""

_TRIED_MOST = 4
"""Attempts at an item beyond which one more failure tells nothing new."""

_LONGEST = 16
"""Bits of the length, in characters, beyond which a longer text tells nothing new."""


class Traits(NamedTuple):
    """What is known of an attempt before it is made.

    Attributes:
        stage: of the item.
        kind: the node's, such as ``lemma``.
        length: characters of what is to be formalised in the book: the statement, or the proof.
        attempts: at the item, before this one.
        model: that makes it.
    """

    stage: Stage
    kind: str
    length: int
    attempts: int
    model: str


def traits_of(node: Node, stage: Stage, attempts: int, model: str) -> Traits:
    """The traits of an attempt at a stage of a node, after so many others."""
    text = node.tex if stage == "statement" else node.proof.tex if node.proof else ""
    return Traits(stage, node.kind, len(text), attempts, model)


@dataclass(frozen=True, slots=True)
class Lesson:
    """An attempt that ended: with what it cost in dollars, its reviews and all, and the seconds it took."""

    traits: Traits
    landed: bool
    cost_usd: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability that is not known for sure: a Beta distribution.

    Attributes:
        landed: its first parameter, attempts that landed.
        missed: its second parameter, attempts that did not.
    """

    landed: float
    missed: float

    @property
    def mean(self) -> float:
        """The probability to reckon with."""
        return self.landed / (self.landed + self.missed)

    @property
    def deviation(self) -> float:
        """How far off the mean may well be."""
        weight = self.landed + self.missed
        return math.sqrt(self.landed * self.missed / (weight + 1)) / weight

    def off_by(self, deviations: float) -> float:
        """The probability if it is so many deviations above or below what is reckoned with; never quite none or all."""
        mean, away = self.mean, deviations * self.deviation
        room = mean if away < 0 else 1.0 - mean
        left = room * math.exp(-abs(away) / room) if room else 0.0
        return left if away < 0 else 1.0 - left


@dataclass(frozen=True, slots=True)
class Amount:
    """A mean amount (dollars, seconds) that is not known for sure: its inverse has a Gamma distribution.

    Attributes:
        weight: attempts it was taken from.
        total: of all of them.
    """

    weight: float
    total: float

    @property
    def mean(self) -> float:
        """The amount to reckon with."""
        return self.total / self.weight

    def off_by(self, deviations: float) -> float:
        """The mean if its logarithm is so many deviations above what is reckoned with."""
        spread = 1 / math.sqrt(self.weight)
        return self.mean * math.exp(deviations * spread - spread * spread / 2)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of an attempt: its chance to land, dollars, seconds."""

    chance: Chance
    cost_usd: Amount
    seconds: Amount


@dataclass(frozen=True, slots=True)
class Prior:
    """What is assumed before the first attempt has ended, as if `weight` attempts had shown it.

    Attributes:
        chance: to land. Published campaigns saw from one attempt in ten to nearly all of them land.
        cost_usd: dollars of an attempt and its reviews.
        seconds: of an attempt, from when it is sent until it lands or comes back.
        weight: in attempts.
    """

    chance: float = 0.4
    cost_usd: float = 1.0
    seconds: float = 300.0
    weight: float = 4.0


def prior_of(settings: Settings) -> Prior:
    """What is assumed of attempts before the first has ended: the settings say what one may cost and last."""
    limits = settings.attempt
    return Prior(cost_usd=limits.max_cost_usd * _PART_OF_CAP, seconds=limits.wall_seconds * _PART_OF_WALL)


@dataclass(slots=True)
class _Sums:
    """Of the attempts of a group."""

    tried: float = 0.0
    landed: float = 0.0
    cost_usd: float = 0.0
    seconds: float = 0.0


_NONE = _Sums()


class Experience:
    """What the attempts of a campaign that ended have taught.

    Args:
        prior: what to assume before any has.

    Attributes:
        lessons: how many have ended.
    """

    def __init__(self, prior: Prior | None = None) -> None:
        self.prior = prior or Prior()
        self.lessons = 0
        self._groups: dict[Group, _Sums] = {}
        self._forecasts: dict[Group, Forecast] = {}

    def learn(self, lesson: Lesson) -> None:
        """Takes note of an attempt that ended."""
        for group in _groups_around(narrowest_group(lesson.traits)):
            sums = self._groups.setdefault(group, _Sums())
            sums.tried += 1
            sums.landed += lesson.landed
            sums.cost_usd += max(lesson.cost_usd, 0.0)
            sums.seconds += max(lesson.seconds, 0.0)
        self.lessons += 1
        self._forecasts.clear()

    def expect(self, traits: Traits) -> Forecast:
        """What to expect of an attempt with these traits; the same until the next lesson."""
        return self.expect_in(narrowest_group(traits))

    def expect_in(self, narrowest: Group) -> Forecast:
        """What to expect of an attempt whose narrowest group this is."""
        forecast = self._forecasts.get(narrowest)
        if forecast is None:
            sums = [self._groups.get(group, _NONE) for group in _groups_around(narrowest)]
            forecast = self._forecasts[narrowest] = _forecast(self.prior, sums)
        return forecast


def narrowest_group(traits: Traits) -> Group:
    """The narrowest group that an attempt belongs to."""
    return (
        traits.stage,
        traits.model,
        min(traits.attempts, _TRIED_MOST),
        # Each step stands for a text four times as long.
        min(traits.length.bit_length(), _LONGEST) // 2,
        traits.kind,
    )


def _groups_around(narrowest: Group) -> Sequence[Group]:
    """All groups that the narrowest one lies in, itself too, the widest first."""
    return [narrowest[:depth] for depth in range(len(narrowest) + 1)]


def _forecast(prior: Prior, sums: Sequence[_Sums]) -> Forecast:
    weight, chance, cost, seconds = prior.weight, prior.chance, prior.cost_usd, prior.seconds
    for outer, inner in zip(sums, [*sums[1:], _NONE], strict=True):
        weight = min(weight, INHERITED)
        tried = outer.tried - inner.tried
        # Sums of floats do not cancel exactly, so that a difference may fall below nothing by a hair.
        chance = (weight * chance + outer.landed - inner.landed) / (weight + tried)
        cost = (weight * cost + max(outer.cost_usd - inner.cost_usd, 0.0)) / (weight + tried)
        seconds = (weight * seconds + max(outer.seconds - inner.seconds, 0.0)) / (weight + tried)
        weight += tried
    return Forecast(
        Chance(weight * chance, weight * (1 - chance)),
        Amount(weight, weight * cost),
        Amount(weight, weight * seconds),
    )
