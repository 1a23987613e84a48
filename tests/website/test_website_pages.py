"""The built site: whole, linked, escaped, the same every time, and rebuilt only where something changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from blueprint import Renderings
from blueprint.book import Blueprint, Chapter, Entry
from blueprint.snapshot import IssueRecord, Snapshot
from blueprint.status import NodeState
from website import SnapshotIncomplete, build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHAPTER_1 = "chapters/1-the-natural-numbers.html"
CHAPTER_2 = "chapters/2-addition-and-why-m-n-n-m.html"
ALWAYS_NEW = {"index.html"}


def text_of(read_page: Callable[[Path], Any], path: Path) -> str:
    return " ".join("".join(read_page(path).text).split())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_every_page_is_well_formed_and_holds_nothing_active(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(request.getfixturevalue(name), tmp_path)
    pages = [read_page(path) for path in sorted(tmp_path.rglob("*.html"))]
    assert len(pages) == 4 + 3 + 5
    assert [fault for page in pages for fault in page.faults] == []
    for page in pages:
        assert {script.rpartition("/")[2] for script in page.scripts} <= {"site.js", "graph.js"}


@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_every_link_leads_somewhere(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(request.getfixturevalue(name), tmp_path)
    pages = {path.resolve(): read_page(path) for path in tmp_path.rglob("*.html")}
    for path, page in pages.items():
        for link in [*page.links, *page.scripts]:
            address, _, anchor = link.partition("#")
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.is_file(), f"{path.name}: {link}"
            assert target.is_relative_to(tmp_path.resolve())
            if anchor:
                assert unquote(anchor) in pages[target].ids, f"{path.name}: {link}"


def test_hostile_text_is_shown_as_text(hostile: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]) -> None:
    build_site(hostile, tmp_path)
    for path in tmp_path.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert "<script>alert" not in source
        assert "<img" not in source
        assert "<b onmouseover" not in source
        assert "49" not in source or "{{7*7}}" in source
    assert "<script>alert(1)</script>" in text_of(read_page, tmp_path / "pull-requests/3.html")


def test_lone_surrogates_do_not_stop_the_build(sample: Snapshot, tmp_path: Path) -> None:
    record = replace(sample.pull_requests[0], reason="half \ud800 a character")
    build_site(replace(sample, pull_requests=(record,)), tmp_path)
    assert "half ? a character" in (tmp_path / "pull-requests/1.html").read_text(encoding="utf-8")


def test_every_page_forbids_scripts_of_others(sample: Snapshot, tmp_path: Path) -> None:
    build_site(sample, tmp_path)
    for path in tmp_path.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert "default-src 'none'; script-src 'self' file:;" in source
        assert "http://" not in source.replace("http://www.w3.org", "")
        assert "https://" not in source
        assert '<html lang="en">' in source


def test_the_first_page_tells_where_the_campaign_stands(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    report = build_site(sample, tmp_path)
    assert report.index == tmp_path / "index.html"
    text = text_of(read_page, report.index)
    for words in (
        "Arithmetic from nothing",
        "5 of 13 nodes proved",
        "This is a rehearsal.",
        "1.33\u202fM".replace("\u202f", " "),
        "$4.38",
        "3 landed, 1 bounced, 1 reviewing",
        "Three attempts were made, and none was accepted.",
        "Lean rejected the proof: type mismatch at line 15.",
        "This remark uses nothing and nothing uses it.",
        "as of 2026-09-21 14:20 UTC",
    ):
        assert words in text.replace("\u202f", " ")


def test_a_chapter_sets_text_and_lean_side_by_side(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(sample, tmp_path)
    text = text_of(read_page, tmp_path / CHAPTER_1)
    for words in (
        "Theorem 1.2 The successor is injective",
        "public theorem succ_inj {m n : N} (h : N.succ m = N.succ n) : m = n :=",
        "congrArg pred h",
        "no axioms",
        "rests on propext, Quot.sound",
        "2 attempts · $0.032",
        "We begin where Dedekind and Peano began",
    ):
        assert words in text
    source = (tmp_path / CHAPTER_1).read_text(encoding="utf-8")
    assert 'id="thm:succ_inj"' in source
    assert "<math" in source
    assert 'href="../pull-requests/3.html"' in source
    assert source.index("We begin where") < source.index('id="def:nat"') < source.index('id="thm:succ_inj"')


def test_a_chapter_says_where_lean_could_not_be_cut(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    label = "thm:succ_inj"
    broken = replace(sample.progress[label], lean="theorem Arithmetic.succ_inj : a := b\nend <b>Nowhere</b>\n")
    build_site(replace(sample, progress={**sample.progress, label: broken}), tmp_path)
    text = text_of(read_page, tmp_path / CHAPTER_1)
    assert text.count("The whole file is shown: on line 2 it cannot be cut into declarations: `end") == 1
    assert "end <b>Nowhere</b>" in text
    build_site(sample, tmp_path)
    assert "The whole file" not in text_of(read_page, tmp_path / CHAPTER_1)


def test_open_and_failed_nodes_say_why(sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]) -> None:
    build_site(sample, tmp_path)
    second = text_of(read_page, tmp_path / CHAPTER_2)
    assert "Given up before its statement landed." in second
    assert "All three attempts ended without a proof that Lean accepts." in second
    third = text_of(read_page, tmp_path / "chapters/3-order.html")
    assert "Its author marked it as not ready: nobody works on it." in third
    assert "still open below" in third


def test_issues_stand_on_the_overview_and_with_their_node(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    issue = IssueRecord(7, "missing_lemma", "thm:cancel", "Cancelling on the left is nowhere.", "attempt 3", 2, 0.0)
    skipped = replace(sample.progress["thm:well_founded"], reason="Left out by a person.")
    progress = {**sample.progress, "thm:well_founded": skipped}
    build_site(replace(sample, issues=(issue,), progress=progress), tmp_path)
    overview = text_of(read_page, tmp_path / "index.html")
    assert "issue 7 · missing lemma · filed 2 times" in overview
    assert "Cancelling on the left is nowhere." in overview
    assert "Issue 7 · missing lemma · filed 2 times. Cancelling on the left" in text_of(read_page, tmp_path / CHAPTER_2)
    third = text_of(read_page, tmp_path / "chapters/3-order.html")
    assert "Left out by a person." in third
    assert "Why it failed. Left out" not in third
    build_site(sample, tmp_path)
    assert "Open issues" not in text_of(read_page, tmp_path / "index.html")


def test_references_in_the_prose_lead_to_nodes(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(sample, tmp_path)
    links = read_page(tmp_path / CHAPTER_2).links
    assert f"../{CHAPTER_1}#thm:succ_inj" in links


def test_a_pull_request_shows_verdicts_and_changes(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(sample, tmp_path)
    text = text_of(read_page, tmp_path / "pull-requests/3.html")
    for words in (
        "Proof of Theorem 1.2",
        "changes requested reviewer-1",
        "an earlier commit than the one proposed",
        "Nothing is assumed.",
        "Arithmetic/TheNaturalNumbers/SuccInj.lean",
        "congrArg pred h",
    ):
        assert words in text
    assert "The statement it was written against has changed" in text_of(read_page, tmp_path / "pull-requests/2.html")


def test_a_long_diff_is_cut(sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]) -> None:
    record = replace(sample.pull_requests[0], diff="@@ -0,0 +1,9000 @@\n" + "+x\n" * 9000)
    build_site(replace(sample, pull_requests=(record,)), tmp_path)
    assert "and 5 002 more lines" in text_of(read_page, tmp_path / "pull-requests/1.html").replace("\u202f", " ")


def test_the_graph_draws_every_node_and_says_the_same_as_a_list(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    build_site(sample, tmp_path)
    source = (tmp_path / "graph.html").read_text(encoding="utf-8")
    assert source.count('class="vertex ') == len(sample.blueprint.nodes)
    assert source.count("<ellipse x") + source.count("<ellipse cx") == 11 + 1
    assert 'class="dashed"' in source
    text = text_of(read_page, tmp_path / "graph.html")
    assert "14 nodes, 19 edges; 2 that follow from others are not drawn" in text
    assert "The graph as a list, from the ground up" in text


def test_circles_in_the_book_are_drawn_too(sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]) -> None:
    nodes = tuple(
        replace(node, uses=(*node.uses, "thm:add_comm")) if node.label == "def:add" else node
        for node in sample.blueprint.nodes
    )
    build_site(replace(sample, blueprint=replace(sample.blueprint, nodes=nodes)), tmp_path)
    page = read_page(tmp_path / "graph.html")
    assert page.faults == []
    assert "upwards" in (tmp_path / "graph.html").read_text(encoding="utf-8")


def test_the_same_snapshot_gives_the_same_bytes(sample: Snapshot, tmp_path: Path) -> None:
    build_site(sample, tmp_path / "a")
    build_site(sample, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_nothing_is_written_when_nothing_changed(sample: Snapshot, tmp_path: Path) -> None:
    first = build_site(sample, tmp_path)
    second = build_site(sample, tmp_path)
    assert (first.kept, first.removed) == ((), ())
    assert second.written == second.removed == ()
    assert set(second.kept) == set(first.written)


def test_time_passing_changes_the_first_page_only(sample: Snapshot, tmp_path: Path) -> None:
    build_site(sample, tmp_path)
    report = build_site(replace(sample, taken_at=sample.taken_at + 60, input_tokens=2_000_000), tmp_path)
    assert set(report.written) == ALWAYS_NEW


def test_a_node_that_moves_on_changes_the_pages_that_speak_of_it(sample: Snapshot, tmp_path: Path) -> None:
    build_site(sample, tmp_path)
    moved = replace(sample.progress["thm:le_refl"], state=NodeState.STATED)
    report = build_site(replace(sample, progress={**sample.progress, "thm:le_refl": moved}), tmp_path)
    assert set(report.written) == {"index.html", "graph.html", "nodes.html", "chapters/3-order.html"}


def test_pages_of_gone_pull_requests_are_removed(sample: Snapshot, tmp_path: Path) -> None:
    build_site(sample, tmp_path)
    report = build_site(replace(sample, pull_requests=sample.pull_requests[:-1]), tmp_path)
    assert report.removed == ("pull-requests/5.html",)


def test_a_snapshot_without_a_nodes_progress_is_refused(sample: Snapshot, tmp_path: Path) -> None:
    progress = {label: found for label, found in sample.progress.items() if label != "def:nat"}
    with pytest.raises(SnapshotIncomplete, match="says nothing of node 'def:nat'"):
        build_site(replace(sample, progress=progress), tmp_path)


def test_an_empty_book_has_a_site(tmp_path: Path, read_page: Callable[[Path], Any]) -> None:
    book = Blueprint(title="", chapters=(Chapter("", ""),), nodes=())
    build_site(Snapshot(campaign="fresh", state="new", blueprint=book, progress={}), tmp_path)
    pages = [read_page(path) for path in sorted(tmp_path.rglob("*.html"))]
    assert [fault for page in pages for fault in page.faults] == []
    assert "not started" in text_of(read_page, tmp_path / "index.html")


def test_chapters_of_one_name_have_pages_of_their_own(sample: Snapshot, tmp_path: Path) -> None:
    chapters = (Chapter("", "Same"), Chapter("", "Same"), Chapter("", r"\(\)"))
    build_site(replace(sample, blueprint=replace(sample.blueprint, chapters=chapters)), tmp_path)
    assert len(list((tmp_path / "chapters").iterdir())) == 3


def test_a_book_with_a_bibliography_has_a_page_for_it(
    sample: Snapshot, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    entries = {"tao": Entry("Tao07", r"T. Tao, \emph{A <book>}.")}
    first = replace(sample.blueprint.nodes[0], tex=r"By \cite[p.~2]{tao}.")
    book = replace(sample.blueprint, bibliography=entries, nodes=(first, *sample.blueprint.nodes[1:]))
    build_site(replace(sample, blueprint=book), tmp_path)
    page = read_page(tmp_path / "bibliography.html")
    assert "[Tao07] T. Tao, A <book>." in text_of(read_page, tmp_path / "bibliography.html")
    [link] = [link for link in read_page(tmp_path / CHAPTER_1).links if "bibliography.html#" in link]
    assert link.partition("#")[2] in page.ids
    build_site(sample, tmp_path)
    assert not (tmp_path / "bibliography.html").exists()


def test_a_build_typesets_only_what_changed_since_the_last(sample: Snapshot, tmp_path: Path) -> None:
    kept = Renderings()
    build_site(sample, tmp_path / "a", kept)
    made = kept.made
    build_site(replace(sample, taken_at=sample.taken_at + 60), tmp_path / "b", kept)
    assert kept.made == made
    node = sample.blueprint.nodes[0]
    nodes = (replace(node, tex=f"{node.tex} More."), *sample.blueprint.nodes[1:])
    changed = replace(sample, blueprint=replace(sample.blueprint, nodes=nodes))
    build_site(changed, tmp_path / "b", kept)
    assert kept.made == made + 1
    build_site(changed, tmp_path / "c")
    pages = [path.relative_to(tmp_path / "c") for path in (tmp_path / "c").rglob("*.html")]
    assert all((tmp_path / "b" / page).read_bytes() == (tmp_path / "c" / page).read_bytes() for page in pages)
