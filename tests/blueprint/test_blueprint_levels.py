from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, DependencyGraph, UnknownLabel
from blueprint.levels import critical_path, depths, levels, neighbourhood, resolve
from tests.support.books import book, node


@st.composite
def books(draw: st.DrawFn, *, cyclic: bool = False) -> Blueprint:
    count = draw(st.integers(1, 12))
    nodes = []
    for index in range(count):
        below = st.integers(0, count - 1 if cyclic else max(0, index - 1))
        names = st.lists(below.map(lambda each: f"n{each}"), max_size=4 if index or cyclic else 0)
        nodes.append(node(f"n{index}", uses=tuple(draw(names)), proof_uses=tuple(draw(names))))
    return book(*draw(st.permutations(nodes)))


def kept(graph: DependencyGraph) -> nx.DiGraph[str]:
    whole: nx.DiGraph[str] = nx.DiGraph([(each.source, each.target) for each in graph.edges])
    whole.add_nodes_from(graph.order())
    whole.remove_edges_from(graph.broken)
    return whole


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True))
def test_levels_are_antichains_that_stand_on_one_another(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    below = kept(graph)
    rows = levels(graph)
    assert sorted(label for row in rows for label in row) == sorted(graph.order())
    for row, under in zip(rows, [(), *rows], strict=False):
        for label in row:
            assert not nx.ancestors(below, label) & set(row)
            assert not under or set(below.predecessors(label)) & set(under)


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True))
def test_the_critical_path_is_a_longest_one(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    below = kept(graph)
    path = critical_path(graph)
    assert all(below.has_edge(source, target) for source, target in pairwise(path))
    assert len(path) == len(levels(graph)) == len(nx.dag_longest_path(below))
    assert depths(graph)[path[-1]] == len(path) - 1


@settings(deadline=None, max_examples=60)
@given(books(), st.lists(st.integers(0, 5), min_size=12, max_size=12))
def test_the_critical_path_weighs_most(given_book: Blueprint, weights: list[int]) -> None:
    graph = DependencyGraph(given_book)
    weight = {f"n{index}": float(each) for index, each in enumerate(weights)}
    heaviest: dict[str, float] = {}
    for label in graph.order():
        sources = kept(graph).predecessors(label)
        heaviest[label] = weight[label] + max((heaviest[source] for source in sources), default=0.0)
    assert sum(weight[label] for label in critical_path(graph, weight)) == max(heaviest.values())


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True), st.integers(0, 4))
def test_surroundings_are_what_steps_reach(given_book: Blueprint, steps: int) -> None:
    graph = DependencyGraph(given_book)
    whole: nx.DiGraph[str] = nx.DiGraph([(each.source, each.target) for each in graph.edges])
    whole.add_nodes_from(graph.order())
    up = nx.single_source_shortest_path_length(whole, "n0", cutoff=steps)
    down = nx.single_source_shortest_path_length(whole.reverse(), "n0", cutoff=steps)
    found = neighbourhood(graph, "n0", steps)
    assert set(found) == set(up) | set(down)
    for label, distance in found.items():
        near = min(up.get(label, steps + 1), down.get(label, steps + 1))
        assert abs(distance) == near
        assert distance >= 0 or down[label] == near


def test_a_diamond() -> None:
    graph = DependencyGraph(
        book(
            node("a"),
            node("b", uses=("a",)),
            node("c", uses=("a",)),
            node("d", uses=("b",), proof_uses=("c",)),
            node("e"),
        )
    )
    assert levels(graph) == (("a", "e"), ("b", "c"), ("d",))
    assert critical_path(graph) == ("a", "b", "d")
    assert critical_path(graph, {"c": 2.0}) == ("a", "c", "d")
    assert neighbourhood(graph, "b", 1) == {"a": -1, "b": 0, "d": 1}
    assert neighbourhood(graph, "e", 3) == {"e": 0}


def test_an_empty_book_has_no_levels() -> None:
    graph = DependencyGraph(book())
    assert (levels(graph), critical_path(graph)) == ((), ())


def test_a_node_is_found_by_any_label_and_a_mistyped_one_is_answered_with_a_hint() -> None:
    graph = DependencyGraph(Blueprint("", (), (node("thm:main"),), aliases={"old": "thm:main"}))
    assert resolve(graph, "old") == "thm:main"
    with pytest.raises(UnknownLabel, match=r"Did you mean “thm:main”\?"):
        resolve(graph, "thm:mian")
    with pytest.raises(UnknownLabel, match="no node “zzz”"):
        neighbourhood(graph, "zzz", 1)
