from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import (
    Blueprint,
    Chapter,
    DependencyGraph,
    Marks,
    Node,
    NodeState,
    Place,
    Proof,
    Stage,
    UnknownLabel,
    derive_states,
    ready_stages,
)
from blueprint.reach import BLOCK, count_reached, implied_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    Landed = dict[str, frozenset[Stage]]

BOTH: frozenset[Stage] = frozenset(get_args(Stage))
STATEMENT: frozenset[Stage] = frozenset({"statement"})


def node(
    label: str, uses: Sequence[str] = (), proof: Sequence[str] = (), kind: str = "lemma", *, notready: bool = False
) -> Node:
    place = Place("web.tex", 1)
    proved = None if kind == "definition" else Proof(place, "", tuple(proof))
    marks = Marks(notready=notready)
    return Node(label, (label,), kind, "", "", "", 0, tuple(uses), (), marks, proved, place)


def book(*nodes: Node) -> Blueprint:
    return Blueprint(
        "", (Chapter("", ""),), nodes, aliases={label: each.label for each in nodes for label in each.labels}
    )


@st.composite
def books(draw: st.DrawFn, *, cyclic: bool = False, most: int = 14) -> Blueprint:
    count = draw(st.integers(1, most))
    nodes = []
    for index in range(count):
        below = st.integers(0, count - 1 if cyclic else max(0, index - 1))
        names = st.lists(below.map(lambda each: f"n{each}"), max_size=4 if index or cyclic else 0)
        kind = draw(st.sampled_from(["lemma", "definition"]))
        nodes.append(node(f"n{index}", draw(names), draw(names), kind, notready=draw(st.integers(0, 9)) == 0))
    return book(*draw(st.permutations(nodes)))


def below(graph: DependencyGraph, label: str) -> set[str]:
    return set(graph.statement_uses(label)) | set(graph.proof_uses(label))


def test_edges_are_distinct_pairs_that_say_where_they_come_from() -> None:
    graph = DependencyGraph(book(node("a"), node("b", ["a", "a", "b", "absent"], ["a"]), node("c", [], ["b"])))
    assert [(e.source, e.target, e.in_statement, e.in_proof) for e in graph.edges] == [
        ("a", "b", True, True),
        ("b", "c", False, True),
    ]
    assert graph.statement_uses("b") == ("a",)
    assert graph.users("a") == ("b",)
    assert graph.descendants("a") == {"b", "c"}
    assert graph.ancestors("c") == {"a", "b"}
    assert graph.leverage("a") == 2
    with pytest.raises(UnknownLabel, match="absent"):
        graph.leverage("absent")


def test_order_is_that_of_the_book_where_edges_leave_it_open() -> None:
    graph = DependencyGraph(book(node("a"), node("b", ["d"]), node("c"), node("d")))
    assert graph.order() == ("a", "c", "d", "b")


def test_drawings_leave_out_what_a_longer_way_implies() -> None:
    graph = DependencyGraph(book(node("a"), node("b", ["a"]), node("c", ["a"], ["b"])))
    assert [(e.source, e.target) for e in graph.reduced_edges()] == [("a", "b"), ("b", "c")]


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True))
def test_the_order_holds_every_node_and_respects_every_unbroken_edge(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    order = graph.order()
    assert sorted(order) == sorted(each.label for each in given_book.nodes)
    position = {label: index for index, label in enumerate(order)}
    for edge in graph.edges:
        assert edge.source != edge.target
        if (edge.source, edge.target) not in graph.broken:
            assert position[edge.source] < position[edge.target]
    assert bool(graph.broken) == bool(graph.cycles) == bool(graph.problems)


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True))
def test_cycles_go_round(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    edges = {(edge.source, edge.target) for edge in graph.edges}
    for cycle in graph.cycles:
        assert len(set(cycle)) == len(cycle) >= 2
        assert all(pair in edges for pair in zip(cycle, cycle[1:] + cycle[:1], strict=True))


@settings(deadline=None, max_examples=60)
@given(books(cyclic=True))
def test_leverage_counts_descendants(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    for each in given_book.nodes:
        assert graph.leverage(each.label) == len(graph.descendants(each.label))


@settings(deadline=None, max_examples=60)
@given(books())
def test_reduction_is_the_transitive_one(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    whole: nx.DiGraph[str] = nx.DiGraph([(edge.source, edge.target) for edge in graph.edges])
    kept = {(edge.source, edge.target) for edge in graph.reduced_edges()}
    assert kept == set(nx.transitive_reduction(whole).edges)


def test_reach_crosses_blocks() -> None:
    count = BLOCK + 10
    chain = [[index + 1] for index in range(count - 1)] + [[]]
    assert count_reached(chain, [1] * count) == list(range(count - 1, -1, -1))
    sources: list[list[int]] = [[]] + [[0, index - 1] if index > 1 else [0] for index in range(1, count)]
    assert implied_edges(sources) == {(0, index) for index in range(2, count)}


# ---- states


def test_a_campaign_goes_through_its_states() -> None:
    graph = DependencyGraph(book(node("d", kind="definition"), node("t", ["d"], ["u"]), node("u", ["d"])))
    landed: Landed = {}
    assert derive_states(graph, landed, {}) == {"d": NodeState.READY, "t": NodeState.BLOCKED, "u": NodeState.BLOCKED}
    assert ready_stages(graph, landed) == [("d", "statement")]
    landed["d"] = STATEMENT
    assert derive_states(graph, landed, {})["d"] == NodeState.PROVED
    assert ready_stages(graph, landed) == [("u", "statement"), ("t", "statement")]
    landed["t"] = STATEMENT
    assert derive_states(graph, landed, {})["t"] == NodeState.STATED
    assert ready_stages(graph, landed) == [("u", "statement")]
    landed["u"] = STATEMENT
    assert ready_stages(graph, landed) == [("u", "proof"), ("t", "proof")]
    landed["t"] = BOTH
    assert derive_states(graph, landed, {})["t"] == NodeState.CONDITIONAL
    landed["u"] = BOTH
    assert set(derive_states(graph, landed, {}).values()) == {NodeState.PROVED}
    assert ready_stages(graph, landed) == []


def test_evidence_from_lean_goes_before_what_the_book_says() -> None:
    graph = DependencyGraph(book(node("a"), node("b", [], ["a"]), node("c")))
    landed: Landed = {"a": STATEMENT, "b": BOTH, "c": BOTH}
    states = derive_states(graph, landed, {"b": (), "c": ("a",)})
    assert states == {"a": NodeState.STATED, "b": NodeState.PROVED, "c": NodeState.CONDITIONAL}


def test_not_ready_blocks_what_rests_on_it_and_failed_is_told() -> None:
    graph = DependencyGraph(book(node("a", notready=True), node("b", ["a"]), node("c", [], ["a"]), node("d")))
    landed: Landed = {"c": STATEMENT}
    states = derive_states(graph, landed, {}, failed={"d"})
    assert states == {"a": NodeState.NOT_READY, "b": NodeState.BLOCKED, "c": NodeState.STATED, "d": NodeState.FAILED}
    assert ready_stages(graph, landed) == [("d", "statement")]


def test_nodes_that_assume_one_another_are_never_proved() -> None:
    graph = DependencyGraph(book(node("a", [], ["b"]), node("b"), node("c")))
    landed: Landed = {"a": BOTH, "b": STATEMENT, "c": BOTH}
    states = derive_states(graph, landed, {"a": ("c", "b"), "c": ("a",)})
    assert states["a"] == states["c"] == NodeState.CONDITIONAL


@settings(deadline=None, max_examples=60)
@given(books())
def test_landing_all_that_is_ready_proves_all_that_is_not_blocked(given_book: Blueprint) -> None:
    graph = DependencyGraph(given_book)
    landed: Landed = {}
    while ready := ready_stages(graph, landed):
        for label, stage in ready:
            assert stage not in landed.get(label, frozenset())
            assert all("statement" in landed[other] for other in graph.statement_uses(label))
            landed_now = landed.get(label, frozenset())
            assert stage == "statement" or "statement" in landed_now
        for label, stage in ready:
            landed[label] = landed.get(label, frozenset()) | {stage}
    states = derive_states(graph, landed, {})
    made = statement_graph(graph)
    stuck = {each.label for each in given_book.nodes if each.marks.notready}
    unstated = stuck | {label for label in states if stuck & set(nx.ancestors(made, label))}
    for each in given_book.nodes:
        if each.label in stuck:
            assert states[each.label] == NodeState.NOT_READY
        elif each.label in unstated:
            assert states[each.label] == NodeState.BLOCKED
        elif not each.is_definition and set(graph.proof_uses(each.label)) & unstated:
            assert states[each.label] == NodeState.STATED
        else:
            assert states[each.label] in {NodeState.PROVED, NodeState.CONDITIONAL}
            rests = below(graph, each.label)
            proved = all(states[other] == NodeState.PROVED for other in rests)
            assert (states[each.label] == NodeState.PROVED) == proved


def statement_graph(graph: DependencyGraph) -> nx.DiGraph[object]:
    made: nx.DiGraph[object] = nx.DiGraph()
    made.add_nodes_from(graph.order())
    made.add_edges_from((edge.source, edge.target) for edge in graph.edges if edge.in_statement)
    return made
