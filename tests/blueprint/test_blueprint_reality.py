from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, DependencyGraph, Marks, Node
from blueprint.comparison import MissingUse, UnusedUse, compare_uses
from blueprint.drift import DriftKind, drifts
from blueprint.evidence import SORRY, Evidence, LeanDeclaration
from blueprint.links import Link, links_of
from blueprint.reality import Reality
from tests.support.books import book, node


def theorem(statement: tuple[str, ...] = (), proof: tuple[str, ...] = ()) -> LeanDeclaration:
    return LeanDeclaration("theorem", statement, proof)


def definition(type_: tuple[str, ...] = (), body: tuple[str, ...] = ()) -> LeanDeclaration:
    return LeanDeclaration("definition", type_, body)


NUMBER = LeanDeclaration("inductive", (), ("Number.zero",))
LEAN = {
    "Number": NUMBER,
    "Number.zero": LeanDeclaration("constructor", ("Number",)),
    "add": definition(("Number",), ("Number.rec",)),
    "Number.rec": LeanDeclaration("recursor", ("Number", "Number.zero")),
    "zero_add": theorem(("add", "Number.zero"), ("helper",)),
    "helper": theorem(("twice",), ("add_zero",)),
    "twice": definition((), ("add",)),
    "add_zero": theorem(("add",), (SORRY,)),
    "double": theorem(("twice",), ("helper", "add")),
}
NODES = (
    node("d:number", definition=True, lean="Number"),
    node("d:add", definition=True, lean="add", uses=("d:number",)),
    node("t:add_zero", lean="add_zero", uses=("d:add",)),
)


def compared(*nodes: Node) -> tuple[tuple[MissingUse, ...], tuple[UnusedUse, ...]]:
    whole = book(*NODES, *nodes)
    found = compare_uses(DependencyGraph(whole), Reality(whole, Evidence(LEAN)))
    return found.missing, found.unused


def test_what_is_named_and_used_is_no_finding() -> None:
    assert compared(node("t", lean="zero_add", uses=("d:add",), proof_uses=("t:add_zero",))) == ((), ())


def test_what_helpers_use_is_missing_with_the_way_there() -> None:
    missing = MissingUse("t", "t:add_zero", "proof", ("helper",))
    assert compared(node("t", lean="zero_add", uses=("d:add",))) == ((missing,), ())


def test_a_statement_looks_through_definitions_and_not_into_proofs() -> None:
    missing, _ = compared(node("t", lean="double"))
    assert missing == (
        MissingUse("t", "d:add", "statement", ("twice",)),
        MissingUse("t", "t:add_zero", "proof", ("helper",)),
    )


def test_what_named_statements_are_made_with_need_not_be_named() -> None:
    missing, unused = compared(node("t", lean="zero_add", uses=("d:add",), proof_uses=("t:add_zero",)))
    assert (missing, unused) == ((), ())  # Number.zero belongs to d:number, which d:add is made with


def test_what_is_named_for_nothing_is_unused() -> None:
    more = node("t:other", lean="other")
    more_lean = LEAN | {"other": theorem(("Number",)), "user": theorem((), ("zero_add",))}
    nodes = (
        *NODES,
        more,
        node("t", lean="zero_add", uses=("d:add", "t:other", "t:add_zero", "x"), proof_uses=("t:add_zero",)),
        node("u", lean="user", proof_uses=("t", "t:add_zero")),
        node("x"),
    )
    found = compare_uses(DependencyGraph(book(*nodes)), Reality(book(*nodes), Evidence(more_lean)))
    assert found.unused == (
        UnusedUse("t", "t:other", "statement", "nowhere"),
        UnusedUse("t", "t:add_zero", "statement", "proof"),
        UnusedUse("u", "t:add_zero", "proof", "indirectly"),
    )
    assert found.silent == ("x",)


def test_nothing_is_unused_in_a_proof_that_is_open() -> None:
    later = node("t:later", lean="zero_add", uses=("d:add",), proof_uses=("t:add_zero",))
    whole = book(*NODES[:2], replace(NODES[2], proof=node("p", proof_uses=("t:later",)).proof), later)
    assert compare_uses(DependencyGraph(whole), Reality(whole, Evidence(LEAN))).unused == ()


def test_two_nodes_with_one_declaration_stand_for_each_other() -> None:
    twin = node("d:sum", definition=True, lean="add", uses=("d:number",))
    assert compared(twin, node("t", lean="zero_add", uses=("d:sum",), proof_uses=("t:add_zero",)))[0] == ()


def test_edges_of_lean_have_their_origin_and_pairs_are_told_once() -> None:
    whole = book(*NODES, node("t", lean="zero_add", uses=("d:add",)))
    links = Reality(whole, Evidence(LEAN)).links()
    assert Link("d:add", "t", "both", "lean") in links
    assert Link("t:add_zero", "t", "proof", "lean") in links
    told = links_of(DependencyGraph(whole, links))
    assert [link.origin for link in told if (link.source, link.target) == ("d:add", "t")] == ["author"]
    assert Link("t:add_zero", "t", "proof", "lean") in told
    assert len({(link.source, link.target) for link in told}) == len(told)


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, LeanDeclaration], list[str]]:
    count = draw(st.integers(1, 9))
    declarations = {}
    for index in range(count):
        below = st.lists(st.integers(0, max(0, index - 1)).map(lambda each: f"c{each}"), max_size=3 if index else 0)
        kind = draw(st.sampled_from(["theorem", "definition"]))
        declarations[f"c{index}"] = LeanDeclaration(kind, tuple(draw(below)), tuple(draw(below)))
    return declarations, draw(st.lists(st.sampled_from(sorted(declarations)), unique=True))


def written(declarations: dict[str, LeanDeclaration], chosen: list[str]) -> Blueprint:
    """A book that names exactly what Lean uses."""
    kinds = {name: declarations[name].kind == "definition" for name in chosen}
    bare = book(*(node(name, lean=name, definition=kinds[name]) for name in chosen))
    real = Reality(bare, Evidence(declarations)).nodes
    return book(
        *(
            node(
                name,
                lean=name,
                definition=kinds[name],
                uses=tuple(real[name].statement.nodes),
                proof_uses=tuple(real[name].proof.nodes),
            )
            for name in chosen
        )
    )


@settings(deadline=None, max_examples=80)
@given(projects())
def test_a_book_that_says_what_lean_uses_has_no_differences(
    project: tuple[dict[str, LeanDeclaration], list[str]],
) -> None:
    declarations, chosen = project
    whole = written(declarations, chosen)
    reality = Reality(whole, Evidence(declarations))
    found = compare_uses(DependencyGraph(whole), reality)
    assert (found.missing, found.unused, found.silent) == ((), (), ())
    assert {(link.source, link.target, link.part) for link in reality.links()} == {
        (link.source, link.target, link.part) for link in links_of(DependencyGraph(whole))
    }


@settings(deadline=None, max_examples=80)
@given(projects())
def test_a_book_without_uses_misses_every_edge_of_lean(project: tuple[dict[str, LeanDeclaration], list[str]]) -> None:
    declarations, chosen = project
    kinds = {name: declarations[name].kind == "definition" for name in chosen}
    whole = book(*(node(name, lean=name, definition=kinds[name]) for name in chosen))
    reality = Reality(whole, Evidence(declarations))
    found = compare_uses(DependencyGraph(whole), reality)
    assert {(each.uses, each.label) for each in found.missing} == {(e.source, e.target) for e in reality.links()}


# ---- drift


def marked(
    label: str,
    lean: str,
    *,
    statement: bool = False,
    proof: bool = False,
    definition: bool = False,
    mathlib: bool = False,
) -> Node:
    made = node(label, lean=lean, definition=definition)
    proved = replace(made.proof, leanok=proof) if made.proof else None
    return replace(made, marks=Marks(leanok=statement, mathlibok=mathlib), proof=proved)


def drifted(made: Node) -> list[tuple[DriftKind, str]]:
    return [(each.kind, each.declaration) for each in drifts(book(made), Evidence(STORY))]


STORY = {
    "closed": theorem((), ("closed_helper",)),
    "closed_helper": theorem(),
    "stated": theorem((), (SORRY,)),
    "above": theorem((), ("stated",)),
    "vague": theorem(("hole",)),
    "hole": definition((), (SORRY,)),
    "whole": definition((), ("part",)),
    "part": definition(),
    "axiom": LeanDeclaration("axiom"),
}


def test_true_marks_are_no_drift() -> None:
    assert drifted(marked("a", "closed", statement=True, proof=True)) == []
    assert drifted(marked("a", "stated", statement=True)) == []
    assert drifted(marked("a", "whole", statement=True, definition=True)) == []
    assert drifted(marked("a", "absent")) == []
    assert drifted(marked("a", "")) == []
    assert drifted(marked("a", "Mathlib.thing", mathlib=True)) == []


def test_marks_that_claim_too_much() -> None:
    assert drifted(marked("a", "absent", statement=True, proof=True)) == [(DriftKind.NO_DECLARATION, "absent")]
    assert drifted(marked("a", "", statement=True)) == [(DriftKind.NO_NAME, "")]
    assert drifted(marked("a", "stated", statement=True, proof=True)) == [(DriftKind.OPEN, "stated")]
    assert drifted(marked("a", "above", statement=True, proof=True)) == [(DriftKind.OPEN, "above")]
    assert drifted(marked("a", "hole", statement=True, definition=True)) == [(DriftKind.OPEN, "hole")]
    assert drifted(marked("a", "vague", statement=True)) == [(DriftKind.OPEN, "vague")]
    assert drifted(marked("a", "axiom", statement=True, proof=True)) == [(DriftKind.AXIOM, "axiom")]


def test_marks_that_were_forgotten() -> None:
    assert drifted(marked("a", "closed", statement=True)) == [(DriftKind.PROOF_UNMARKED, "closed")]
    assert drifted(marked("a", "whole", definition=True)) == [(DriftKind.STATEMENT_UNMARKED, "whole")]
    assert drifted(marked("a", "above")) == [(DriftKind.STATEMENT_UNMARKED, "above")]
    assert [kind for kind, _ in drifted(marked("a", "closed"))] == [
        DriftKind.STATEMENT_UNMARKED,
        DriftKind.PROOF_UNMARKED,
    ]
    assert drifted(marked("a", "axiom", statement=True)) == []
    assert [kind for kind in DriftKind if not kind.claims_too_much] == [
        DriftKind.STATEMENT_UNMARKED,
        DriftKind.PROOF_UNMARKED,
    ]
