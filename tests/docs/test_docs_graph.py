"""What the manual says of `graph` and `uses` is what they print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from blueprint import DependencyGraph
from blueprint.compat import marked_statuses
from blueprint.drift import DriftKind
from blueprint.levels import depths
from blueprint.links import Origin, Part, links_of
from blueprint.listing import listing
from tests.support.books import book, node

COMMANDS = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def part(heading: str) -> str:
    return re.split(r"^## ", COMMANDS.partition(f"## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_key_of_the_graph_is_documented_and_no_other() -> None:
    graph = DependencyGraph(book(node("a"), node("b", uses=("a",))))
    found = listing(graph, marked_statuses(graph), links_of(graph), depths(graph))
    page = part("blueprover graph").partition("\n### ")[0]
    documented = re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)
    assert documented == [*found["nodes"][0], *found["edges"][0]]
    for word in (*found["nodes"][0]["marks"], *found["nodes"][0]["proof"], *get_args(Origin), *get_args(Part)):
        assert f"`{word}`" in page
    assert all(f"`{word}`" in part("blueprover graph") for word in found["nodes"][0]["status"])


def test_every_kind_of_drift_is_documented_and_no_other() -> None:
    kinds = part("blueprover uses").partition("### Kinds of drift")[2]
    assert re.findall(r"^\| `([a-z-]+)` \|", kinds, re.MULTILINE) == [kind.value for kind in DriftKind]
