"""Drafts of real books whose authors' marks are taken out: how much of what the authors say is found again."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blueprint import Blueprint, DependencyGraph, read_blueprint
from blueprint.draft import Draft, draft, read_originals, write_draft

CORPUS = os.environ.get("BLUEPRINT_CORPUS")
DEMO = Path(__file__).resolve().parents[2] / "lean_project" / "blueprint"
MARKS = re.compile(
    r"[ \t]*\\(?:lean|uses|proves|discussion)\s*\{[^{}]*\}|[ \t]*\\(?:leanok|mathlibok|notready)(?![A-Za-z])"
    r"|\\usepackage(?:\[[^\]]*\])?\{blueprint\}"
)

Report = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Report:
    """Print a figure, also where the test passes."""

    def teller(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{figure}")

    return teller


def strip(source: Path, folder: Path) -> Path:
    """A copy of a book without any mark of a blueprint but its labels."""
    shutil.copytree(source, folder)
    for file in folder.rglob("*.tex"):
        file.write_text(MARKS.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def pairs(book: Blueprint) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in DependencyGraph(book).edges}


def drafted(book: Blueprint, path: Path) -> Draft:
    return draft(book, {name: file.text for name, file in read_originals(path, book).items()})


def measure(source: Path, tmp_path: Path, tell: Report) -> tuple[float, float, int]:
    """Recall and precision of the edges proposed, and how many of the others are not even implied by the author's."""
    author = read_blueprint(source)
    folder = strip(source, tmp_path / "plain")
    book = read_blueprint(folder)
    assert [node.label for node in book.nodes] == [node.label for node in author.nodes]
    start = time.process_time()
    proposed = drafted(book, folder)
    seconds = time.process_time() - start
    wanted, found = pairs(author), {(edge.source, edge.target) for edge in proposed.edges}
    graph = DependencyGraph(author)
    others = {(source, target) for source, target in found - wanted if source not in graph.ancestors(target)}
    recall, precision = len(wanted & found) / len(wanted), len(wanted & found) / len(found)
    tell(
        f"{len(wanted)} dependencies of the author's, {len(found)} proposed, {len(wanted & found)} of them right: "
        f"recall {recall:.2f}, precision {precision:.2f}; {len(others)} not implied; {seconds:.2f} s"
    )
    write_draft(proposed, read_originals(folder, book), tmp_path / "out")
    again = read_blueprint(tmp_path / "out")
    assert pairs(again) == found
    assert drafted(again, tmp_path / "out").is_empty
    assert all(node.lean for node in again.nodes)
    assert not [problem for problem in again.problems if problem.code in {"BP131", "BP133", "BP141", "BP152"}]
    return recall, precision, len(others)


def test_most_of_the_demo_book_is_found_again(tmp_path: Path, tell: Report) -> None:
    recall, precision, others = measure(DEMO, tmp_path, tell)
    assert recall > 0.6
    assert precision > 0.88
    assert others == 0


def test_a_book_with_all_its_marks_keeps_them(tmp_path: Path) -> None:
    book = read_blueprint(DEMO)
    proposed = drafted(book, DEMO)
    assert proposed.labels == proposed.lean_names == ()
    write_draft(proposed, read_originals(DEMO, book), tmp_path / "out")
    assert pairs(read_blueprint(tmp_path / "out")) >= pairs(book)


@pytest.mark.skipif(not CORPUS, reason="BLUEPRINT_CORPUS names no folder of real blueprints")
def test_most_of_pfr_is_found_again(tmp_path: Path, tell: Report) -> None:
    recall, precision, _ = measure(Path(CORPUS or "") / "pfr-blueprint" / "src", tmp_path, tell)
    assert recall > 0.8
    assert precision > 0.8
