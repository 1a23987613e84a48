"""How fast blueprints are read, ordered, drawn and rendered: ``python -m benchmarks.blueprint [--quick] --json``.

Two books are made up: one of the size of a large real one (1,500 nodes, 1.2 MB) and one far beyond (50,000 nodes,
100,000 edges; with ``--quick``, 5,000 nodes). Where ``BLUEPRINT_CORPUS`` names a folder, the blueprint of PFR in it is
read too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from blueprint import Blueprint, DependencyGraph, ProseRenderer, read_blueprint, ready_stages, report

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_PREAMBLE = r"""\documentclass{report}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}[chapter]
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{definition}[theorem]{Definition}
\newcommand{\R}{\mathbb{R}}
\newcommand{\norm}[1]{\lVert #1\rVert}
\begin{document}
"""
_FILLER = (
    r"Let $f\colon \R^n \to \R$ be such that $\norm{f(x)} \leq C \norm{x}^2$ for all $x$; then "
    r"\[ \sum_{i=1}^{n} \int_{\R} \frac{f(x)}{1+\norm{x}^2}\, dx \leq \frac{C}{NUMBER}. \] "
)


def make_book(folder: Path, nodes: int, uses: int, filler: int) -> Path:
    """Write a book and return its root.

    Args:
        folder: where to.
        nodes: statements, a fifth of them definitions, the others with proofs.
        uses: prerequisites of each, among the nodes before it.
        filler: sentences in each statement and proof.
    """
    chance = random.Random(nodes)
    chapters = []
    for start in range(0, nodes, 50):
        lines = [f"\\chapter{{Chapter {start // 50}}}\n"]
        for index in range(start, min(start + 50, nodes)):
            kind = "definition" if index % 5 == 0 else "lemma"
            text = (_FILLER * filler).replace("NUMBER", str(index))
            below = {chance.randrange(max(0, index - 500), index) for _ in range(min(index, uses))}
            used = ",".join(f"node:{label}" for label in sorted(below))
            mark = f"\\uses{{{used}}}" if used else ""
            lines.append(f"\\begin{{{kind}}}[Title {index}]\\label{{node:{index}}}\\lean{{Book.node{index}}}")
            lines.append(f"{mark if kind == 'definition' else ''}\n{text}\n\\end{{{kind}}}\n")
            if kind == "lemma":
                lines.append(f"\\begin{{proof}}{mark}\nBy \\cref{{node:{index // 2}}}. {text}\n\\end{{proof}}\n")
        name = f"chapter{start // 50}"
        (folder / f"{name}.tex").write_text("\n".join(lines), encoding="utf-8")
        chapters.append(f"\\input{{{name}}}")
    root = folder / "web.tex"
    root.write_text(_PREAMBLE + "\n".join(chapters) + "\n\\end{document}\n", encoding="utf-8")
    return root


def timed(work: Callable[[], T], repeat: int = 1) -> tuple[T, float]:
    """Return what work returns, and the least of its times in seconds."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, round(best, 4)


def render(book: Blueprint) -> int:
    """Render every statement, proof and passage; return the length of the HTML."""
    renderer = ProseRenderer(book, lambda label: f"#{label}")
    length = sum(len(renderer.statement(node)) + len(renderer.proof(node)) for node in book.nodes)
    return length + sum(len(renderer.passage(passage.tex)) for passage in book.passages if passage.tex)


def ask(graph: DependencyGraph) -> int:
    """Ask a graph what a campaign and a site ask of it."""
    first = graph.order()[0]
    return len(graph.reduced_edges()) + graph.leverage(first) + len(ready_stages(graph, {}))


def measure(name: str, path: Path, repeat: int) -> dict[str, Any]:
    """Return the figures of one book."""
    book, read = timed(lambda: read_blueprint(path), repeat)
    graph, built = timed(lambda: DependencyGraph(book), repeat)
    _, asked = timed(lambda: ask(DependencyGraph(book)), repeat)
    found, checked = timed(lambda: report(book, graph))
    _, rendered = timed(lambda: render(book))
    size = sum(file.stat().st_size for file in path.parent.rglob("*.tex"))
    figures = {"bytes": size, "nodes": found["nodes"], "proofs": found["proofs"], "edges": found["edges"],
               "problems": len(found["problems"]), "read_seconds": read, "graph_seconds": built,
               "questions_seconds": asked, "check_seconds": checked, "render_seconds": rendered}  # fmt: skip
    return {f"{name}_{key}": value for key, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller second book")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        large, huge = Path(place, "large"), Path(place, "huge")
        large.mkdir()
        huge.mkdir()
        figures |= measure("large", make_book(large, 1_500, 2, 2), 3)
        figures["large_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        figures |= measure("huge", make_book(huge, 5_000 if options.quick else 50_000, 2, 1), 1)
    corpus = os.environ.get("BLUEPRINT_CORPUS")
    if corpus and Path(corpus, "pfr-blueprint").is_dir():
        figures |= measure("pfr", Path(corpus, "pfr-blueprint", "src", "web.tex"), 3)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if options.json:
        print(json.dumps(figures))
    else:
        for key, value in figures.items():
            print(f"{key:28} {value}")


if __name__ == "__main__":
    main()
