"""Modules outside the tree by the hundred: what is read of them, what is kept, and what never grows.

No lake is used here: the modules are made from two that the embedded Lean compiled.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import Builder, CertificateStore, find_lean
from checker.build import name_index, outside_constants
from checker.build.below import gathered_below
from checker.build.name_index import NameIndex
from checker.build.outside_constants import OutsideConstants
from checker.errors import UnreadableModule
from checker.kernel.lookup import name_hash
from checker.source.tree import SourceTree
from tests.support.many_outside import LeanWithMany, name, write_many
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker import Toolchain
    from checker.build.outside_names import OutsideModule
    from checker.kernel.lookup import CompiledConstants

COUNT = 120
LAST = name(COUNT - 1)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    builder = Builder(find_lean(), any_sandbox(), CertificateStore(folder / "store"))
    try:
        write_many(folder / "compiled", builder, COUNT)
    finally:
        builder.close()
    return folder / "compiled"


def made(many: Path, store: Path) -> Builder:
    return Builder(cast("Toolchain", LeanWithMany(many)), any_sandbox(), CertificateStore(store))


def load(builder: Builder, folder: Path) -> dict[str, OutsideModule]:
    return builder.outside.load([LAST], SourceTree(folder))


def test_modules_are_certified_where_they_lie_without_declarations_and_without_copies(
    many: Path, tmp_path: Path
) -> None:
    builder = made(many, tmp_path / "store")
    found = load(builder, tmp_path)
    assert list(found) == [name(each) for each in range(COUNT)]
    assert all(each.certificate.ok and not each.certificate.declarations for each in found.values())
    assert found[LAST].files[".olean"] == many / "Many" / f"{LAST.partition('.')[2]}.olean"
    assert list((tmp_path / "store" / "objects").iterdir()) == []


def test_a_constant_is_found_and_its_axioms_are_read_to_the_bottom_holding_little(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = made(many, tmp_path / "store")
    modules = load(builder, tmp_path)
    monkeypatch.setattr(outside_constants, "OPEN_BYTES", 100_000)
    monkeypatch.setattr(outside_constants, "_REMEMBERED", 10)
    constants = OutsideConstants(builder.outside, modules)
    found = constants.find(name(COUNT // 2))
    assert found is not None
    assert (found[0], found[1].kind, found[1].value_uses) == (
        name(COUNT // 2), "theorem", (name(COUNT // 2 - 1),)
    )  # fmt: skip
    assert constants.find("Many.nothing") is None
    assert constants.axioms(LAST) == {name(0)}
    assert constants.axioms(name(0)) == {name(0)}
    assert constants.axioms("Many.nothing") == {"Many.nothing"}
    assert constants.held_bytes <= 100_000
    assert len(constants._found) <= 10


def test_what_was_found_is_not_read_again_by_another_process(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(many, tmp_path / "store")
    assert OutsideConstants(first.outside, load(first, tmp_path)).axioms(LAST) == {name(0)}
    second = made(many, tmp_path / "store")
    opened: list[str] = []
    real = second.outside.names.open

    def watched(module: OutsideModule) -> CompiledConstants:
        opened.append(module.source.module)
        return real(module)

    monkeypatch.setattr(second.outside.names, "open", watched)
    monkeypatch.setattr("checker.build.outside._look", lambda *_: pytest.fail("a file was read again"))
    again = OutsideConstants(second.outside, load(second, tmp_path))
    assert again.axioms(name(COUNT - 2)) == {name(0)}
    assert opened == [name(COUNT - 2)]


def test_a_meaning_stops_at_an_outside_constant_and_follows_every_file_below_it(many: Path, tmp_path: Path) -> None:
    builder = made(many, tmp_path / "store")
    before = load(builder, tmp_path)
    file = many / "Many" / "L00007.olean.server"
    was = file.read_bytes()
    file.write_bytes(was + bytes(8))
    try:
        after = load(builder, tmp_path)
    finally:
        file.write_bytes(was)
    one, other = OutsideConstants(builder.outside, before), OutsideConstants(builder.outside, after)
    same = [each for each in before if one.meaning(each, each) == other.meaning(each, each)]
    assert same == [name(each) for each in range(7)]
    assert one.meaning("a", LAST) != one.meaning("b", LAST)


def test_a_module_that_was_changed_meanwhile_is_not_read_as_what_it_was(many: Path, tmp_path: Path) -> None:
    builder = made(many, tmp_path / "store")
    constants = OutsideConstants(builder.outside, load(builder, tmp_path))
    file = many / "Many" / f"{LAST.partition('.')[2]}.olean"
    was = file.read_bytes()
    assert constants.find(name(3)) is not None
    file.write_bytes(was[:-8] + bytes(8))
    try:
        with pytest.raises(UnreadableModule, match="was changed while it was used; build again"):
            constants.find(LAST)
    finally:
        file.write_bytes(was)


def test_an_index_without_room_forgets_and_says_when_that_does_not_help(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = made(many, tmp_path / "store")
    modules = load(builder, tmp_path)
    monkeypatch.setattr(name_index, "MOST_NAMES", COUNT + 10)
    some = {each: modules[each] for each in list(modules)[:20]}
    assert OutsideConstants(builder.outside, some).find(name(5)) is not None
    for _ in range(2):
        constants = OutsideConstants(builder.outside, modules)
        assert constants.find(LAST) is not None
        assert OutsideConstants(builder.outside, some).find(LAST) is None
    monkeypatch.setattr(name_index, "MOST_NAMES", COUNT - 10)
    with pytest.raises(UnreadableModule, match="declare too many names; import fewer"):
        OutsideConstants(made(many, tmp_path / "other").outside, modules).find(LAST)


@given(st.dictionaries(st.text(max_size=3), st.sets(st.text(max_size=3), max_size=5), max_size=6))
def test_the_index_answers_with_every_module_that_declares_a_name(modules: Mapping[str, set[str]]) -> None:
    index = NameIndex()
    for key, names in modules.items():
        assert index.add(key, [name_hash(each) for each in names])
    for each in {each for names in modules.values() for each in names}:
        assert sorted(index.candidates(each)) == sorted(key for key, names in modules.items() if each in names)


GRAPHS = st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=10, max_size=10)


@given(GRAPHS, st.sets(st.integers(0, 9)))
def test_what_is_gathered_below_a_name_is_the_union_of_all_it_reaches(edges: list[list[int]], axioms: set[int]) -> None:
    graph = {str(at): [str(each) for each in to] for at, to in enumerate(edges)}
    known: dict[str, frozenset[str]] = {}
    for root in graph:
        if root not in known:
            for members, below in gathered_below(root, graph.__getitem__, known.get):
                own = frozenset(each for each in members if int(each) in axioms)
                known.update(dict.fromkeys(members, below | own))
    for root in graph:
        reached, pending = {root}, [root]
        while pending:
            more = set(graph[pending.pop()]) - reached
            reached |= more
            pending += more
        assert known[root] == {each for each in reached if int(each) in axioms}


def test_a_chain_as_long_as_a_library_is_deep_needs_no_recursion() -> None:
    names = [str(each) for each in range(20_000)]
    graph: dict[str, list[str]] = {above: [below] for above, below in pairwise(names)} | {names[-1]: []}
    known: dict[str, frozenset[str]] = {}
    for members, below in gathered_below("0", graph.__getitem__, known.get):
        known.update(dict.fromkeys(members, below | ({"19999"} if "19999" in members else frozenset())))
    assert known["0"] == {"19999"}
