from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from blueprint.draft.proposal import Rule
from coordinator.cli import app

BOOK = r"""\documentclass{article}
\newtheorem{satz}{Satz}
\newtheorem{begriff}{Definition}
\begin{document}
\begin{begriff}[Even]A number is \emph{even}.\end{begriff}
\begin{satz}Some are even.\end{satz}
\end{document}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.tex"
    path.write_text(BOOK, encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["draft", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_summary_gives_the_reasons(book: Path) -> None:
    code, output = run(book)
    assert code == 0
    assert "nodes: 2; proposed labels: 2, Lean names: 2, dependencies: 1" in output
    assert "book.tex:6" in "".join(output.split())
    assert book.read_text(encoding="utf-8") == BOOK


def test_the_shape_of_json_is_documented(book: Path) -> None:
    code, output = run(book, "--json")
    assert code == 0
    found = json.loads(output)
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = page.partition("## blueprover draft")[2].partition("\n## ")[0]
    assert list(found) == ["nodes", "labels", "lean", "edges", "written"]
    for key in (*found, *found["labels"][0], *found["lean"][0], *found["edges"][0]):
        assert f"`{key}`" in section
    assert found["edges"] == [
        {
            "from": "def:even", "to": "satz:1", "in": "statement", "origin": "inferred", "rule": "term",
            "file": "book.tex", "line": 6,
            "reason": "The statement says “even” (book.tex:6), which Definition 1 defines.",
        }
    ]  # fmt: skip


def test_every_rule_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "drafts.md").read_text(encoding="utf-8")
    assert [rule for rule in get_args(Rule) if f"| `{rule}` |" not in page] == []


def test_a_draft_is_written_where_it_is_wanted(book: Path, tmp_path: Path) -> None:
    assert run(book, "--out", tmp_path)[0] != 0
    assert run(book, "--out", tmp_path / "out", "--in-place")[0] == 2
    assert run(book, "--json", "--diff")[0] == 2
    assert book.read_text(encoding="utf-8") == BOOK
    assert run(book, "--out", tmp_path / "out")[0] == 0
    assert r"\uses{def:even}" in (tmp_path / "out" / "book.tex").read_text(encoding="utf-8")
    assert book.read_text(encoding="utf-8") == BOOK
    assert "+  \\uses{def:even}" in run(book, "--diff")[1].splitlines()
    assert "files written: 1" in run(book, "--in-place")[1]
    assert run(book, "--diff") == (0, "")
    assert "proposed labels: 0, Lean names: 0, dependencies: 0" in run(book)[1]
