"""The demo book against its formalization: the shape the demo needs, and the truth of what the book says it uses."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agents.rehearsal.answers import Answers
from blueprint import Blueprint, DependencyGraph, read_blueprint, report
from checker import Builder, CertificateStore, find_lean
from checker.gate.audit import audit
from coordinator.campaign.layout import plan_homes
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from blueprint import Node
    from checker import Build, Declaration
    from coordinator.campaign.layout import Home

PROJECT = Path(__file__).parents[2] / "lean_project"
LIBRARY = "Arithmetic"
ONE_THEOREM = re.compile(
    r"module\nprelude\n\n(?:public import \S+\n)+(?:import \S+\n)*"
    r"\nnamespace \S+\n\n(?:universe [\w ]+\n\n)?"
    r"/-- .+? -/\npublic theorem \w+[^\n]*:\n?(?:[^\n]+\n)*?[^\n]*:=\n(?:  [^\n]+\n)+"
    r"\nend \S+\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Demo:
    """The book, and its formalization compiled by the real Lean.

    Attributes:
        book: the book.
        homes: where each node's Lean lives, by label.
        builder: compiles more.
        build: the whole project, compiled.
    """

    book: Blueprint
    homes: Mapping[str, Home]
    builder: Builder
    build: Build

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes there is Lean for."""
        return tuple(node for node in self.book.nodes if not node.marks.notready)

    @property
    def theorems(self) -> tuple[Node, ...]:
        """Those of them that have a proof."""
        return tuple(node for node in self.nodes if not node.is_definition)

    def declaration(self, node: Node) -> Declaration:
        """What the kernel knows of a node."""
        home = self.homes[node.label]
        return self.build.certificates[home.module].declarations[home.declaration]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    book = read_blueprint(PROJECT)
    store = CertificateStore(tmp_path_factory.mktemp("store"))
    builder = Builder(find_lean(), any_sandbox(), store)
    yield Demo(book, plan_homes(book, LIBRARY), builder, builder.certify(PROJECT))
    builder.close()


def test_the_book_is_large_enough_to_be_worth_watching() -> None:
    book = read_blueprint(PROJECT)
    assert book.title == "Arithmetic from nothing"
    assert len({node.chapter for node in book.nodes}) >= 5
    assert len(book.nodes) >= 40
    assert report(book)["problems"] == []


def test_exactly_one_node_is_not_ready_and_nothing_waits_for_it() -> None:
    book = read_blueprint(PROJECT)
    (later,) = (node.label for node in book.nodes if node.marks.notready)
    assert DependencyGraph(book).descendants(later) == frozenset()


def test_the_graph_has_statement_edges_and_proof_edges_and_diamonds() -> None:
    edges = DependencyGraph(read_blueprint(PROJECT)).edges
    assert any(edge.in_statement and not edge.in_proof for edge in edges)
    assert any(edge.in_proof and not edge.in_statement for edge in edges)
    above: dict[str, set[str]] = {}
    for edge in edges:
        above.setdefault(edge.source, set()).add(edge.target)
    pairs = {source: [above.get(user, set()) for user in users] for source, users in above.items()}
    assert any(len(set.union(*tops)) < sum(map(len, tops)) for tops in pairs.values() if tops)


def test_lean_accepts_every_file_without_a_word(demo: Demo) -> None:
    said = {module: made.diagnostics for module, made in demo.build.certificates.items() if made.diagnostics}
    assert said == {}
    assert demo.build.ok


def test_every_node_but_one_lives_where_the_rule_says(demo: Demo) -> None:
    missing = [node.label for node in demo.nodes if not (PROJECT / demo.homes[node.label].path).is_file()]
    assert missing == []
    for node in demo.nodes:
        kinds = {"definition", "inductive"} if node.is_definition else {"theorem"}
        assert demo.declaration(node).kind in kinds, node.label


def test_every_file_outside_base_and_helpers_is_a_node(demo: Demo) -> None:
    homes = {demo.homes[node.label].path for node in demo.nodes}
    folders = {f"{LIBRARY}/Base", f"{LIBRARY}/Helpers"}
    files = {path.relative_to(PROJECT) for path in (PROJECT / LIBRARY).rglob("*.lean")}
    assert {path.as_posix() for path in files if path.parent.as_posix() not in folders} == homes


def test_nothing_rests_on_any_axiom(demo: Demo) -> None:
    names = [demo.homes[node.label].declaration for node in demo.nodes]
    axioms = audit(PROJECT, demo.builder, names)
    assert {name: tuple(axioms[name]) for name in names} == dict.fromkeys(names, ())


def test_a_theorem_stands_in_the_shape_its_statement_is_taken_from(demo: Demo) -> None:
    for node in demo.theorems:
        text = (PROJECT / demo.homes[node.label].path).read_text(encoding="utf-8")
        assert ONE_THEOREM.fullmatch(text), node.label


def test_the_book_names_what_its_lean_uses(demo: Demo) -> None:
    graph = DependencyGraph(demo.book)
    owner = {demo.homes[node.label].declaration: node.label for node in demo.nodes}
    for node in demo.nodes:
        stated = _closure(graph.statement_uses(node.label), graph.statement_uses)
        named = stated | {*graph.proof_uses(node.label)}
        made = demo.declaration(node)
        bodies = made.value_uses if node.is_definition else ()
        assert _owners(made.type_uses + bodies, owner) - {node.label} <= stated, node.label
        if not node.is_definition:
            assert _owners(_reached(demo, node), owner) - {node.label} <= named, node.label
            assert {*graph.proof_uses(node.label)} <= _owners(_reached(demo, node), owner), node.label


def test_a_statement_compiles_without_its_proof_or_what_only_that_imports(demo: Demo, tmp_path: Path) -> None:
    build = _with_theorems(demo, tmp_path, Answers(PROJECT).statement)
    assert build.failures == {}
    for node in demo.theorems:
        said = build.certificates[demo.homes[node.label].module].diagnostics
        assert [message.message for message in said] == ["declaration uses `sorry`"], node.label


def test_importers_see_no_difference_between_a_statement_and_its_proof(demo: Demo, tmp_path: Path) -> None:
    answers = Answers(PROJECT)
    build = _with_theorems(demo, tmp_path, lambda path: answers.proved(path, "sorry"))
    for node in demo.theorems:
        module = demo.homes[node.label].module
        stated, proved = build.certificates[module], demo.build.certificates[module]
        assert stated.interface_digest == proved.interface_digest, node.label


def _with_theorems(demo: Demo, folder: Path, written: Callable[[str], str]) -> Build:
    """The project with every theorem's file written anew from its path."""
    shutil.copytree(PROJECT / LIBRARY, folder / LIBRARY)
    for node in demo.theorems:
        path = demo.homes[node.label].path
        (folder / path).write_text(written(path), encoding="utf-8")
    return demo.builder.certify(folder)


def _owners(constants: Iterable[str], owner: Mapping[str, str]) -> set[str]:
    """The nodes that some constants belong to: their own, or those of an inductive type's constructors and recursor."""
    found = {owner.get(name) or owner.get(name.rpartition(".")[0]) for name in constants}
    return {label for label in found if label}


def _closure(labels: Iterable[str], uses: Callable[[str], tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = list(labels)
    while waiting:
        label = waiting.pop()
        if label not in found:
            found.add(label)
            waiting += uses(label)
    return found


def _reached(demo: Demo, node: Node) -> set[str]:
    """What a theorem's proof mentions, through private parts of its own file and through helper lemmas."""
    home = demo.homes[node.label]
    own = {**demo.build.certificates[home.module].declarations}
    for module, made in demo.build.certificates.items():
        if module.startswith(f"{LIBRARY}.Helpers."):
            own |= made.declarations
    found: set[str] = set()
    waiting = [home.declaration]
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name in own:
            waiting += [used for used in own[name].uses if used not in found]
    return found
