"""Counters, gauges and histograms, and the text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge"]


@dataclass
class Family:
    """A counter or a gauge, with one value for each value of its label.

    Attributes:
        name: as Prometheus knows it.
        help: one sentence.
        kind: whether it only grows.
        label: name of its one label; empty where it has none, and then one value.
        values: by value of the label.
        owed: by value of the label, what was counted too much of it.
    """

    name: str
    help: str
    kind: Kind
    label: str = ""
    values: dict[str, float] = field(default_factory=dict)
    owed: dict[str, float] = field(default_factory=dict)

    def correct(self, amount: float, of: str = "") -> None:
        """Adds to a counter what may be less than nothing, for it had counted too much: then it waits for that much.

        A counter that went back would be taken by Prometheus for one that began anew.
        """
        left = amount - self.owed.pop(of, 0.0)
        if left < 0:
            self.owed[of] = -left
        self.add(max(left, 0.0), of)

    def add(self, amount: float = 1.0, of: str = "") -> None:
        """Adds to a value."""
        self.values[of] = self.values.get(of, 0.0) + amount

    def set(self, amount: float, of: str = "") -> None:
        """Sets a value."""
        self.values[of] = amount

    def replace(self, values: Mapping[str, float]) -> None:
        """Sets all values: those that are known and missing become 0."""
        self.values = {**dict.fromkeys(self.values, 0.0), **values}

    def lines(self) -> Iterator[str]:
        """Its lines of the exposition."""
        values = self.values if self.label else {"": self.values.get("", 0.0)}
        for of, value in sorted(values.items()):
            label = f'{{{self.label}="{_escaped(of)}"}}' if self.label else ""
            yield f"{self.name}{label} {_number(value)}"


@dataclass
class Histogram:
    """How often something took how long.

    Attributes:
        name: as Prometheus knows it.
        help: one sentence.
        bounds: upper ends of the buckets in seconds, the last one (infinity) left out.
    """

    name: str
    help: str
    bounds: tuple[float, ...]
    kind: Literal["histogram"] = "histogram"

    def __post_init__(self) -> None:
        self._counts = [0] * (len(self.bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Counts one that took so long."""
        self._counts[bisect_left(self.bounds, seconds)] += 1
        self._sum += seconds

    def lines(self) -> Iterator[str]:
        """Its lines of the exposition."""
        total = 0
        for bound, count in zip((*self.bounds, math.inf), self._counts, strict=True):
            total += count
            yield f'{self.name}_bucket{{le="{_number(bound)}"}} {total}'
        yield f"{self.name}_sum {_number(self._sum)}"
        yield f"{self.name}_count {total}"


class Registry:
    """Families that are shown together. Change them, and read them, under its lock: several threads do."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._families: list[Family | Histogram] = []

    @property
    def families(self) -> tuple[Family | Histogram, ...]:
        """All of them, in the order in which they were added."""
        return tuple(self._families)

    def add(self, family: Family) -> Family:
        """Adds a counter or a gauge, and returns it."""
        self._families.append(family)
        return family

    def add_histogram(self, histogram: Histogram) -> Histogram:
        """Adds a histogram, and returns it."""
        self._families.append(histogram)
        return histogram

    def render(self) -> str:
        """The exposition."""
        with self.lock:
            return "".join(
                f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
                + "".join(f"{line}\n" for line in family.lines())
                for family in self._families
            )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)
