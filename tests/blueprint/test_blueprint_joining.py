from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import DependencyGraph, read_blueprint
from blueprint.compat import marked_statuses
from blueprint.draft import draft, inferred_links, is_plain, read_originals, write_draft
from blueprint.excerpt import excerpt
from blueprint.links import Link, Origin, Part, links_of
from tests.support.books import book, node

CORPUS = os.environ.get("BLUEPRINT_CORPUS")
needs_corpus = pytest.mark.skipif(not CORPUS, reason="BLUEPRINT_CORPUS names no folder of real blueprints")

NAMES = ["a", "b", "c", "d", "absent"]
LINKS = st.lists(
    st.builds(
        Link,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(get_args(Part)),
        st.sampled_from([each for each in get_args(Origin) if each != "author"]),
    ),
    max_size=12,
)
BOOK = book(node("a"), node("b", uses=("a",)), node("c", proof_uses=("b",)), node("d", definition=True, uses=("a",)))
MARK = re.compile(r"\\(uses|lean|proves|discussion)\{[^}]*\}|\\(leanok|mathlibok|notready)\b")


@settings(deadline=None)
@given(LINKS)
def test_every_pair_is_told_once_the_authors_first_and_with_its_part(others: list[Link]) -> None:
    graph, alone = DependencyGraph(BOOK, others), DependencyGraph(BOOK)
    told = links_of(graph)
    pairs = [(link.source, link.target) for link in told]
    known = {node.label for node in BOOK.nodes}
    wanted = {(link.source, link.target) for link in others if {link.source, link.target} <= known}
    wanted = {pair for pair in wanted if pair[0] != pair[1]} | {(edge.source, edge.target) for edge in alone.edges}
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == wanted
    assert set(links_of(alone)) <= set(told)
    assert all(link.origin == "author" or link in others for link in told)
    assert sorted(graph.order()) == sorted(known)


@settings(deadline=None)
@given(LINKS, st.sets(st.sampled_from(NAMES[:4])))
def test_an_excerpt_keeps_the_edges_between_its_nodes_and_their_origin(others: list[Link], kept: set[str]) -> None:
    graph = DependencyGraph(BOOK, others)
    inside = [link for link in links_of(graph) if {link.source, link.target} <= kept]
    assert list(links_of(excerpt(graph, kept))) == inside


@settings(deadline=None)
@given(LINKS)
def test_joined_edges_give_no_mark_a_status_in_compat_mode(others: list[Link]) -> None:
    exact = marked_statuses(DependencyGraph(BOOK), compat=True)
    assert marked_statuses(DependencyGraph(BOOK, others), compat=True) == exact


@needs_corpus
def test_what_is_inferred_is_what_the_author_names_once_the_draft_is_written(tmp_path: Path) -> None:
    plain, out = tmp_path / "plain", tmp_path / "out"
    shutil.copytree(Path(CORPUS or "") / "pfr-blueprint", plain)
    for file in plain.rglob("*.tex"):
        file.write_text(MARK.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
    found = read_blueprint(plain)
    assert is_plain(found)
    files = read_originals(plain, found)
    texts = {name: file.text for name, file in files.items()}
    links = inferred_links(found, texts)
    assert len(links) > 400
    assert all(link.origin == "inferred" and link.reason for link in links)
    write_draft(draft(found, texts), files, out)
    drafted = read_blueprint(out)
    assert not is_plain(drafted)
    named = {(link.source, link.target, link.part) for link in links_of(DependencyGraph(drafted))}
    assert named == {(link.source, link.target, link.part) for link in links}
