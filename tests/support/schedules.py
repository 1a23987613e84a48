"""Schedules of faults as hypothesis thinks them up: the fewer, earlier, shorter and milder, the simpler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from benchmarks.schedules import AMOUNTS, Fault, Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence


@st.composite
def faults(draw: st.DrawFn, names: Sequence[str], last: int) -> Fault:
    """One of the named faults, which strikes when at most `last` branches have landed."""
    name = draw(st.sampled_from(names))
    amount = draw(st.sampled_from(AMOUNTS.get(name, (0.0,))))
    return Fault(draw(st.integers(0, last)), name, draw(st.sampled_from((0.3, 1.0, 2.5))), amount)


def schedules(names: Sequence[str], nodes: int, fewest: int = 1, most: int = 4) -> st.SearchStrategy[Schedule]:
    """Campaigns of a book with `nodes` nodes, each with some of the named faults."""
    several = st.lists(faults(names, nodes), min_size=fewest, max_size=most)
    ordered = several.map(lambda found: tuple(sorted(found, key=lambda fault: fault.landings)))
    return st.builds(Schedule, ordered, st.just(nodes), st.integers(1, 50))
