"""Time of one decision of the scheduler on generated graphs: `python -m benchmarks.scheduler [--quick] --json`.

Two states of a campaign on each graph: *fresh* (nothing has landed) and *midway* (half is finished, a quarter stated,
all but 16 of 256 slots busy, 32 pull requests open). Graphs have two edges a node, to nodes shortly before it.

Figures, for each number of nodes N:
    fresh_ms_N, midway_ms_N: CPU milliseconds of one decision after one item changed, the median of several; at
        50,000 nodes under 5.
    fresh_replan_ms_N, midway_replan_ms_N: the same from nothing but the state; at 50,000 nodes under 100.
    graph_ms_N: CPU milliseconds to build the graph with its order and its leverage, once a run.
and `midway_growth`: how many times more one decision takes on the largest graph than on the smallest.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

from blueprint import Blueprint, Chapter, DependencyGraph, Marks, Node, Place, Proof
from coordinator.campaign.settings import Settings
from coordinator.schedule.actions import Capacity
from coordinator.schedule.readiness import Readiness
from coordinator.schedule.scheduler import decide
from coordinator.schedule.state import CampaignState, Item, ItemState, Job, PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint import Stage

SIZES = (1_000, 6_000, 50_000)
QUICK_SIZES = (1_000, 6_000)
SEED = 20_261_123
NEAR = 50
"""How far back a node's prerequisites lie at most, as in books."""

CAPACITY = Capacity(agents=256, builds=8)
FREE = 16
OPEN_REQUESTS = 32
NOW = 1_000.0
SETTINGS = Settings(budget_usd=1e9)
HEAD = "0" * 40


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduler", description="Times the scheduler.")
    parser.add_argument("--quick", action="store_true", help="the smaller graphs only, fewer repetitions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    sizes, repeats = (QUICK_SIZES, 5) if options.quick else (SIZES, 15)
    figures: dict[str, float] = {}
    for size in sizes:
        figures |= measure(size, repeats)
    first, last = (figures[f"midway_ms_{size}"] for size in (sizes[0], sizes[-1]))
    figures["midway_growth"] = round(last / first, 3)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:>20}  {figure:g}" for name, figure in figures.items()))


def measure(size: int, repeats: int) -> dict[str, float]:
    """The figures of one graph."""
    book = generate(size, random.Random(SEED))
    graph = DependencyGraph(book)
    begun = time.process_time()
    graph.order()
    graph.leverage(book.nodes[0].label)
    graph_ms = (time.process_time() - begun) * 1000
    states = {"fresh": campaign(graph, finished=0.0, stated=0.0, busy=False)}
    states["midway"] = campaign(graph, finished=0.5, stated=0.75, busy=True)
    figures = {f"graph_ms_{size}": round(graph_ms, 3)}
    for name, state in states.items():
        readiness = Readiness(graph, state, SETTINGS)
        touched = next(item.id for item in state.by_id.values() if item.state == "open")
        figures[f"{name}_ms_{size}"] = median_ms(partial(step, state, readiness, touched), repeats)
        figures[f"{name}_replan_ms_{size}"] = median_ms(partial(replan, state, graph), repeats)
    return figures


def step(state: CampaignState, readiness: Readiness, touched: int) -> None:
    """One decision after one item changed."""
    readiness.follow([touched])
    decide(state, readiness, SETTINGS, CAPACITY, NOW)


def replan(state: CampaignState, graph: DependencyGraph) -> None:
    """One decision from nothing but the state."""
    decide(state, Readiness(graph, state, SETTINGS), SETTINGS, CAPACITY, NOW)


def generate(size: int, rng: random.Random) -> Blueprint:
    """A book of `size` nodes, two prerequisites each, one node in five a definition."""
    place = Place("book.tex", 1)
    nodes = []
    for number in range(size):
        near = range(max(0, number - NEAR), number)
        uses = tuple(f"n{each}" for each in rng.sample(near, min(2, len(near))))
        definition = rng.random() < 0.2
        nodes.append(
            Node(
                label=f"n{number}",
                labels=(f"n{number}",),
                kind="definition" if definition else "theorem",
                number=str(number),
                title="",
                tex="",
                chapter=0,
                uses=uses if definition else uses[:1],
                lean=(),
                marks=Marks(),
                proof=None if definition else Proof(place, "", uses[1:]),
                place=place,
            )
        )
    labels = {node.label: node.label for node in nodes}
    return Blueprint("Generated", (Chapter("1", "All"),), tuple(nodes), aliases=labels)


def campaign(graph: DependencyGraph, *, finished: float, stated: float, busy: bool) -> CampaignState:
    """A campaign over a graph.

    Args:
        graph: the book's graph.
        finished: share of its order of which everything has landed.
        stated: share of its order of which the statements have landed.
        busy: whether jobs run and pull requests wait.
    """
    order, nodes = graph.order(), graph.blueprint.by_label
    items: dict[tuple[str, Stage], Item] = {}
    for place, label in enumerate(order):
        stages: tuple[Stage, ...] = ("statement",) if nodes[label].is_definition else ("statement", "proof")
        for stage in stages:
            share = stated if stage == "statement" else finished
            state: ItemState = "landed" if place < share * len(order) else "open"
            items[label, stage] = Item(len(items) + 1, label, stage, state)
    still_open = [item.id for item in items.values() if item.state == "open"]
    requests, attempts = still_open[:OPEN_REQUESTS], still_open[OPEN_REQUESTS : CAPACITY.agents - FREE]
    if not busy:
        return CampaignState(items, main=HEAD, certified=HEAD, audited=HEAD)
    return CampaignState(
        items,
        jobs=tuple(Job(at, "attempt", item, None, 1, NOW + 10, cap_usd=1.0) for at, item in enumerate(attempts, 1)),
        pull_requests=tuple(
            PullRequest(number, item, "reviewing", HEAD, HEAD, HEAD) for number, item in enumerate(requests, 1)
        ),
        main=HEAD,
        certified=HEAD,
        audited=HEAD,
    )


def median_ms(call: Callable[[], object], repeats: int) -> float:
    """The median CPU time of several calls, in milliseconds."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
    return round(statistics.median(taken), 3)


if __name__ == "__main__":
    main()
