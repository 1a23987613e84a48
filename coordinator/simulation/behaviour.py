"""How simulated agents behave: how long they take, what they cost and how often they are right, drawn from a seed.

Every draw depends on the seed and on what it is drawn for (the item, the attempt), never on the order in which threads
run: a simulation of the same seed has the same attempts, however its processes interleave.
"""

from __future__ import annotations

import random
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from pathlib import Path

Fate = Literal["good", "refused", "unclear", "gave_up", "limit", "failed"]
"""What becomes of an attempt: it lands; the builders refuse it; reviewers ask for changes; or it ends by itself."""

_FLAWS: tuple[tuple[Fate, float], ...] = (
    ("refused", 0.35),
    ("unclear", 0.15),
    ("gave_up", 0.2),
    ("limit", 0.2),
    ("failed", 0.1),
)
"""How attempts that do not land end, with their shares."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for one job.

    Attributes:
        fate: what becomes of it.
        seconds: how long the worker takes, already divided by the speed.
        cost_usd: what it costs.
        tokens: prompt and output tokens.
    """

    fate: Fate
    seconds: float
    cost_usd: float
    tokens: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The distributions of one simulation.

    Attributes:
        seed: what all draws come from.
        success: share of the attempts that land.
        median_seconds: median of an agent's time, log-normal; 0 for agents that take none.
        build_seconds: median of a builder's time.
        spread: standard deviation of the times' and costs' logarithms.
        median_usd: median of an attempt's cost.
        speed: how many times faster than life it all goes.
        on_host: whether branches are written straight into the hub, which is then a path on this host; else they are
            pushed to it.
        hopeless: labels of nodes that nobody can do, and how many seconds each attempt at them takes, at any speed.
    """

    seed: int = 1
    success: float = 0.4
    median_seconds: float = 300.0
    build_seconds: float = 10.0
    spread: float = 0.8
    median_usd: float = 0.2
    speed: float = 600.0
    on_host: bool = True
    hopeless: Mapping[str, float] = field(default_factory=dict)

    def draw_attempt(self, label: str, stage: str, attempt: int) -> Draw:
        """What was drawn for an attempt at a stage of the node with this label."""
        drawn = self.draw(f"attempt/{label}/{stage}/{attempt}")
        return replace(drawn, fate="gave_up", seconds=self.hopeless[label]) if label in self.hopeless else drawn

    def draw(self, what: str, *, build: bool = False) -> Draw:
        """What was drawn for the job that `what` names; the same each time it is asked for."""
        rng = random.Random(f"{self.seed}/{what}")  # noqa: S311 - lots, not secrets
        good = rng.random() < self.success
        fate = "good" if good else rng.choices([f for f, _ in _FLAWS], [share for _, share in _FLAWS])[0]
        seconds = (self.build_seconds if build else self.median_seconds) * rng.lognormvariate(0, self.spread)
        cost = self.median_usd * rng.lognormvariate(0, self.spread)
        return Draw(fate, seconds / self.speed, round(cost, 6), (int(cost * 60_000), int(cost * 4_000)))

    def write(self, file: Path) -> None:
        """Keeps it in `file`, where the workers read it."""
        file.write_bytes(_ADAPTER.dump_json(self))

    @classmethod
    def read(cls, file: Path) -> Behaviour:
        """What `write` kept.

        Raises:
            pydantic.ValidationError: the file holds something else.
            OSError: it cannot be read.
        """
        return _ADAPTER.validate_json(file.read_bytes())


_ADAPTER = TypeAdapter(Behaviour)
