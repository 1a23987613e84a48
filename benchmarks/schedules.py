"""Schedules of faults: values that are drawn from a seed, thought up by a test, or read back to try one again."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass

AMOUNTS: dict[str, tuple[float, ...]] = {
    "step_clock": (3.0, 30.0, 3600.0, -3.0, -30.0, -3600.0),
    "delay_messages": (0.5, 6.0),
}
"""Of faults that can be mild or strong: how much there may be of them (see `Fault.amount`), the mildest first."""

AWAY_SECONDS = 60.0
"""For how long the hub is away once in a long schedule: longer than the leases, and than anybody's first patience."""

_PER_NODE = 0.6
"""Faults per node of the book."""

_SHORT, _LONG = 0.3, 2.5
"""How long other faults last, in seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes once so many branches have landed.

    Attributes:
        landings: how many.
        name: of the fault.
        seconds: how long it lasts, if it lasts at all.
        amount: seconds by which a clock is stepped, or by which messages are late at most.
    """

    landings: int
    name: str
    seconds: float = _SHORT
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A campaign and what befalls it.

    Attributes:
        faults: in the order in which they strike.
        nodes: of the campaign's book.
        seed: that the book and what its agents do are drawn from.
        concurrency: agents at once.
        budget_usd: what the campaign may spend.
    """

    faults: tuple[Fault, ...]
    nodes: int
    seed: int = 1
    concurrency: int = 4
    budget_usd: float = 1e6

    def written(self) -> str:
        """The schedule as JSON, for `read_schedule`."""
        return json.dumps(asdict(self))


def read_schedule(written: str) -> Schedule:
    """A schedule that was written down.

    Raises:
        ValueError: it is none.
    """
    try:
        values = json.loads(written)
        return Schedule(**{**values, "faults": tuple(Fault(**each) for each in values["faults"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{written[:80]!r} is no schedule: {error}") from error


def draw_schedule(seed: int, nodes: int, names: tuple[str, ...], *, is_long: bool = False) -> Schedule:
    """Faults for a campaign of so many nodes, the first before anything landed.

    Args:
        seed: what all of it is drawn from.
        nodes: of the book.
        names: of the faults that may strike.
        is_long: whether the first time that the hub is away it is away for `AWAY_SECONDS`.
    """
    rng = random.Random(seed)
    concurrency, budget = rng.choice((4, 16)), rng.choice((1e6, 0.8 * nodes + 5))
    faults = []
    for landings in sorted(rng.randint(0, int(nodes * 1.4)) for _ in range(max(2, int(nodes * _PER_NODE)))):
        name = rng.choice(names)
        seconds, amount = rng.uniform(_SHORT, _LONG), rng.choice(AMOUNTS.get(name, (0.0,)))
        if is_long and name == "take_hub_away":
            seconds, is_long = AWAY_SECONDS, False
        faults.append(Fault(landings, name, seconds, amount))
    return Schedule(tuple(faults), nodes, seed, concurrency, budget)
