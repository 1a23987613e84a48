from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.support.campaigns import blueprover

CORPUS = os.environ.get("BLUEPRINT_CORPUS")
needs_corpus = pytest.mark.skipif(not CORPUS, reason="BLUEPRINT_CORPUS names no folder of real blueprints")

PFR_STATUS = {
    "stated": 218,
    "can_state": 218,
    "can_prove": 188,
    "proved": 188,
    "fully_proved": 218,
    "mathlib": 0,
    "not_ready": 0,
}
"""How many nodes leanblueprint 0.0.20 finds in each state."""

BOOK = r"""\documentclass{article}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}
\newtheorem{definition}[theorem]{Definition}
\graphcolor{stated}{teal}{Teal}
\graphcolor{proved}{red;background:url(//x)}{Never}
\begin{document}
\begin{definition}[Number]\label{old}\label{def:number}\lean{Number}\leanok A.\end{definition}
\begin{theorem}\label{thm:"a\b}\uses{old}\leanok B.\end{theorem}
\begin{proof}\uses{def:number}\leanok\end{proof}
\begin{theorem}\label{thm:c}\notready <C>.\end{theorem}
\begin{proof}\uses{thm:"a\b, def:number}\end{proof}
\begin{theorem}\label{thm:d}\mathlibok D.\end{theorem}
\end{document}
"""


@pytest.fixture
def book(tmp_path: Path) -> str:
    (tmp_path / "web.tex").write_text(BOOK, encoding="utf-8")
    return str(tmp_path)


def printed(*arguments: str) -> str:
    answer = blueprover("graph", *arguments, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def data(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return found


def test_json_tells_nodes_and_edges(book: str) -> None:
    found = data(book)
    assert list(found) == ["nodes", "edges"]
    assert found["nodes"][0] == {
        "label": "def:number",
        "labels": ["old", "def:number"],
        "kind": "definition",
        "number": "1",
        "title": "Number",
        "lean": ["Number"],
        "marks": {"leanok": True, "mathlibok": False, "notready": False},
        "file": "web.tex",
        "line": 8,
        "status": {
            "stated": True,
            "can_state": True,
            "can_prove": False,
            "proved": False,
            "fully_proved": True,
            "mathlib": False,
            "not_ready": False,
        },
        "proof": None,
        "level": 0,
    }
    assert found["nodes"][1]["proof"] == {"file": "web.tex", "line": 10, "leanok": True, "lean": []}
    assert [(edge["from"], edge["to"], edge["in"], edge["origin"]) for edge in found["edges"]] == [
        ("def:number", 'thm:"a\\b', "both", "author"),
        ('thm:"a\\b', "thm:c", "proof", "author"),
        ("def:number", "thm:c", "proof", "author"),
    ]


def test_levels_and_the_critical_path(book: str) -> None:
    found = data(book, "--levels")
    assert found["levels"] == [["def:number", "thm:d"], ['thm:"a\\b'], ["thm:c"]]
    assert found["critical_path"] == ["def:number", 'thm:"a\\b', "thm:c"]
    told = printed(book, "--levels").splitlines()
    assert told[0] == "Level 0, 2 nodes: def:number thm:d"
    assert told[-1] == 'Critical path, 3 nodes: def:number thm:"a\\b thm:c'
    assert printed(book).startswith("4 nodes, 3 edges, 3 levels, at most 2 nodes on one.\n")


def test_only_what_is_around_a_node(book: str) -> None:
    found = data(book, "--node", "thm:c")
    assert [node["label"] for node in found["nodes"]] == ["def:number", 'thm:"a\\b', "thm:c"]
    assert found["nodes"][2]["level"] == 2
    assert [node["label"] for node in data(book, "--node", "old", "--depth", "0")["nodes"]] == ["def:number"]
    assert printed(book, "--node", "old").splitlines() == [
        "      the node  def:number  Definition 1 (web.tex:8)",
        ' 1 rests on it  thm:"a\\b  Theorem 2 (web.tex:9)',
        " 1 rests on it  thm:c  Theorem 3 (web.tex:11)",
    ]


def test_an_unknown_node_is_wrong_input_with_a_hint(book: str) -> None:
    answer = blueprover("graph", book, "--node", "thm:cc", timeout=60)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "Did you mean “thm:c”?" in answer.stderr
    assert blueprover("graph", book, "--json", "--dot", timeout=60).returncode == 2


def test_dot_is_drawn_like_leanblueprint(book: str) -> None:
    assert printed(book, "--dot") == (
        "strict digraph {\n"
        "\tgraph [bgcolor=transparent];\n"
        "\tnode [penwidth=1.8];\n"
        "\tedge [arrowhead=vee];\n"
        '\t"def:number" [label="number", shape=box, color="teal", style=filled, fillcolor="#B0ECA3"];\n'
        '\t"thm:\\"a\\\\b" [label="\\"a\\\\b", shape=ellipse, color="teal", style=filled, fillcolor="#1CAC78"];\n'
        '\t"thm:c" [label="c", shape=ellipse, color="#FFAA33"];\n'
        '\t"thm:d" [label="d", shape=ellipse, color="darkgreen", style=filled, fillcolor="#1CAC78"];\n'
        '\t"def:number" -> "thm:\\"a\\\\b" [style=dashed];\n'
        '\t"thm:\\"a\\\\b" -> "thm:c";\n'
        "}\n"
    )


def test_compat_shows_mathlib_as_leanblueprint_does(book: str) -> None:
    assert '"thm:d" [label="d", shape=ellipse, color="darkgreen"];' in printed(book, "--dot", "--compat")


def test_svg_is_a_picture_of_its_own(book: str) -> None:
    picture = ET.fromstring(printed(book, "--svg"))
    name = "{http://www.w3.org/2000/svg}"
    groups = picture.findall(f"{name}g")
    assert [group.get("data-label") for group in groups] == ["def:number", 'thm:"a\\b', "thm:c", "thm:d"]
    assert groups[0].find(f"{name}rect") is not None
    assert groups[0].findtext(f"{name}title") == "Definition 1 Number (def:number)"
    assert groups[1].find(f"{name}ellipse") is not None
    paths = picture.findall(f"{name}path")
    assert [path.get("class") for path in paths] == ["edge dashed", "edge"]
    assert "url(//x)" not in printed(book, "--svg")


@pytest.mark.parametrize("form", ["--json", "--dot", "--svg", "--levels"])
def test_a_circle_and_an_empty_book_are_printed_too(form: str, tmp_path: Path) -> None:
    file = tmp_path / "web.tex"
    file.write_text(r"\begin{lemma}\label{a}\uses{b}\end{lemma}\begin{lemma}\label{b}\uses{a}\end{lemma}")
    assert printed(str(file), form)
    file.write_text(r"\documentclass{article}\begin{document}Nothing.\end{document}")
    assert printed(str(file), form)


@needs_corpus
def test_pfr_has_every_node_and_edge() -> None:
    folder = str(Path(CORPUS or "") / "pfr-blueprint")
    found = data(folder)
    assert (len(found["nodes"]), len(found["edges"])) == (218, 497)
    assert {edge["origin"] for edge in found["edges"]} == {"author"}
    assert len(data(folder, "--compat")["edges"]) == 496  # leanblueprint loses one to a second \uses
    assert printed(folder, "--dot").count(" -> ") == 403


@needs_corpus
def test_pfr_has_leanblueprints_status() -> None:
    nodes = data(str(Path(CORPUS or "") / "pfr-blueprint"), "--compat")["nodes"]
    assert {key: sum(node["status"][key] for node in nodes) for key in nodes[0]["status"]} == PFR_STATUS


PLAIN = r"""\documentclass{article}
\newtheorem{theorem}{Theorem}
\newtheorem{lemma}[theorem]{Lemma}
\begin{document}
\begin{lemma}\label{lem:a} A.\end{lemma}
\begin{theorem} By \ref{lem:a} it holds.\end{theorem}
\begin{proof} See Lemma~\ref{lem:a}.\end{proof}
\begin{theorem}\label{thm:c} C.\end{theorem}
\begin{proof} See Theorem 2.\end{proof}
\end{document}
"""


def test_a_plain_book_has_the_edges_its_text_suggests(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(PLAIN, encoding="utf-8")
    found = data(str(tmp_path), "--levels")
    unlabelled = found["nodes"][1]["label"]
    assert [(edge["from"], edge["to"], edge["in"], edge["origin"]) for edge in found["edges"]] == [
        ("lem:a", unlabelled, "both", "inferred"),
        (unlabelled, "thm:c", "proof", "inferred"),
    ]
    assert "(web.tex:6)" in found["edges"][0]["reason"]
    assert found["critical_path"] == ["lem:a", unlabelled, "thm:c"]
    assert "2 of the edges are inferred from the text." in printed(str(tmp_path)).splitlines()
    assert "[style=dashed, class=inferred]" in printed(str(tmp_path), "--dot")
    near = data(str(tmp_path), "--node", "thm:c")
    assert [edge["from"] for edge in near["edges"]] == [unlabelled]
    assert data(str(tmp_path), "--no-inferred")["edges"] == data(str(tmp_path), "--compat")["edges"] == []
    assert [node["status"] for node in data(str(tmp_path), "--no-inferred")["nodes"]] == [
        node["status"] for node in found["nodes"]
    ]


def test_a_book_with_marks_has_inferred_edges_on_request_only(tmp_path: Path) -> None:
    marked = PLAIN.replace(r"\label{thm:c}", r"\label{thm:c}\uses{lem:a}")
    (tmp_path / "web.tex").write_text(marked, encoding="utf-8")
    assert [edge["origin"] for edge in data(str(tmp_path))["edges"]] == ["author"]
    found = data(str(tmp_path), "--inferred")
    assert [edge["origin"] for edge in found["edges"]] == ["inferred", "author", "inferred"]
    assert "reason" not in found["edges"][1]
