from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from blueprint import DependencyGraph, ProseRenderer, read_blueprint, report

CORPUS = os.environ.get("BLUEPRINT_CORPUS")
pytestmark = pytest.mark.skipif(not CORPUS, reason="BLUEPRINT_CORPUS names no folder of real blueprints")


def pfr() -> Path:
    return Path(CORPUS or "") / "pfr-blueprint"


@pytest.mark.parametrize("place", [".", "src", "src/web.tex"])
def test_pfr_is_read_exactly(place: str) -> None:
    start = time.process_time()
    found = report(read_blueprint(pfr() / place))
    assert time.process_time() - start < 1
    # leanblueprint finds 496 edges and loses one to a second \uses in one environment
    assert (found["nodes"], found["proofs"], found["edges"]) == (218, 188, 497)
    assert {problem["code"] for problem in found["problems"]} == {"BP123", "BP133", "BP141"}
    [double] = [problem for problem in found["problems"] if problem["code"] == "BP133"]
    assert (double["file"].removeprefix("src/"), double["line"]) == ("chapter/torsion.tex", 285)


def test_pfr_is_drawn_as_leanblueprint_draws_it() -> None:
    graph = DependencyGraph(read_blueprint(pfr()))
    assert len(graph.reduced_edges()) == 403
    assert graph.cycles == ()
    assert len(graph.order()) == 218


def test_pfr_is_numbered_as_printed() -> None:
    book = read_blueprint(pfr())
    assert len(book.chapters) == 13
    assert book.by_label["entropy-def"].name == "Definition 2.1"
    assert book.by_label["rho_of_uniform"].labels == ("rho-init", "rho_of_uniform")


def test_pfr_is_rendered_whole() -> None:
    book = read_blueprint(pfr())
    renderer = ProseRenderer(book, lambda label: f"#{label}")
    html = "".join(renderer.statement(node) + renderer.proof(node) + renderer.inline(node.title) for node in book.nodes)
    html += "".join(renderer.passage(passage.tex) for passage in book.passages)
    assert "tex-raw" not in html
    assert renderer.unknown == {}
    assert html.count("<math") > 1_900
