"""What other programs read: SARIF 2.1.0 and GitHub's annotations, of any book."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import BlueprintError, Place, Problem, annotation, catalogue, read_blueprint, sarif
from blueprint.sarif import SCHEMA

PROBLEM = Problem(Place("chapter/a b.tex", 3, 7), "BP131", "error", "100 % wrong: “x,\r\ny”.")

ANNOTATION = re.compile(r"::(error|warning|notice) file=([^,:]*),line=(\d+),col=(\d+),title=([^,:]*)::(.*)")


def check_document(document: Any, folder: Path | None = None) -> list[dict[str, Any]]:
    """Holds a document against what the schema of SARIF 2.1.0 asks of the parts used here; returns its results."""
    assert set(document) == {"$schema", "version", "runs"}
    assert document["version"] == "2.1.0"
    assert document["$schema"] == SCHEMA
    [run] = document["runs"]
    assert set(run) == {"tool", "columnKind", "results"}
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert set(run["tool"]) == {"driver"}
    driver = run["tool"]["driver"]
    assert set(driver) == {"name", "version", "rules"}
    assert driver["name"] == "blueprover"
    for rule in driver["rules"]:
        check_rule(rule)
    identities = [rule["id"] for rule in driver["rules"]]
    assert len(identities) == len(set(identities))
    for result in run["results"]:
        check_result(result, identities, folder)
    results: list[dict[str, Any]] = run["results"]
    return results


def check_rule(rule: dict[str, Any]) -> None:
    assert set(rule) == {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration"}
    for key in ("shortDescription", "fullDescription", "help"):
        assert isinstance(rule[key]["text"], str)
        assert rule[key]["text"]
        assert "`" not in rule[key]["text"]
    assert rule["help"]["markdown"].startswith("# BP")
    assert re.fullmatch(r"[A-Z]\w+", rule["name"])
    assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}


def check_result(result: dict[str, Any], identities: list[str], folder: Path | None) -> None:
    assert set(result) == {"ruleId", "ruleIndex", "level", "message", "locations"}
    assert identities[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in {"note", "warning", "error"}
    assert result["message"]["text"]
    [location] = result["locations"]
    place = location["physicalLocation"]
    assert set(place) == {"artifactLocation", "region"}
    uri = urlsplit(place["artifactLocation"]["uri"])
    assert (uri.scheme, uri.netloc, uri.query, uri.fragment) == ("", "", "", "")
    path = PurePosixPath(unquote(uri.path))
    assert not path.is_absolute()
    assert ".." not in path.parts
    region = place["region"]
    assert set(region) == {"startLine", "startColumn"}
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    if folder is not None:
        lines = (folder / path).read_bytes().replace(b"\r", b"\n").count(b"\n") + 1
        assert region["startLine"] <= lines


def check_annotation(line: str, problem: Problem) -> None:
    assert len(line.splitlines()) == 1
    found = ANNOTATION.fullmatch(line)
    assert found is not None
    level, file, row, column, title, message = found.groups()
    assert level == {"error": "error", "warning": "warning", "info": "notice"}[problem.severity]
    assert unescape(file) == problem.place.file
    assert (int(row), int(column)) == (problem.place.line, problem.place.column)
    assert title.startswith(f"{problem.code}%3A ")
    shown, _, fix = unescape(message).partition("\nFix: ")
    assert " ".join(shown.split()) == " ".join(problem.message.split())
    assert fix == catalogue()[problem.code].fix.replace("`", "")


def unescape(text: str) -> str:
    """As GitHub's runner does."""
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


# ---- one problem


def test_a_problem_becomes_a_result() -> None:
    [result] = check_document(sarif([PROBLEM], "1.2", "blue print"))
    assert result["ruleId"] == "BP131"
    assert result["level"] == "error"
    assert result["message"] == {"text": PROBLEM.message}
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "blue%20print/chapter/a%20b.tex", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7},
    }


def test_every_code_is_a_rule_with_its_level() -> None:
    document = sarif([], "1.2")
    assert check_document(document) == []
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    words = {"error": "error", "warning": "warning", "note": "info"}
    found = {rule["id"]: words[rule["defaultConfiguration"]["level"]] for rule in rules}
    assert found == {entry.code: entry.severity for entry in catalogue().values()}


def test_a_problem_becomes_one_escaped_line() -> None:
    assert annotation(PROBLEM, "a,b") == (
        "::error file=a%2Cb/chapter/a b.tex,line=3,col=7,title=BP131%3A Unresolved label"
        "::100 %25 wrong: “x,%0D%0Ay”.%0AFix: Name a label of the book."
    )


@settings(deadline=None, max_examples=200)
@given(
    st.text(min_size=1), st.text(), st.sampled_from(sorted(catalogue())), st.integers(1, 9_999), st.integers(1, 9_999)
)
def test_any_problem_is_one_line_and_one_result(file: str, message: str, code: str, line: int, column: int) -> None:
    problem = Problem(Place(file, line, column), code, catalogue()[code].severity, message)
    shown = annotation(problem)
    assert len(shown.splitlines()) == 1
    assert ANNOTATION.fullmatch(shown)
    assert shown.encode("utf-8")
    document = json.loads(json.dumps(sarif([problem], "1")))
    uri = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9_.~/%-]+", uri)
    assert unquote(uri) == file


def test_a_file_name_that_is_no_text_is_a_uri_all_the_same() -> None:
    problem = Problem(Place("a\udcff.tex", 1), "BP122", "warning", "No label.")
    document = sarif([problem], "1")
    assert (
        document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%FF.tex"
    )
    assert annotation(problem).startswith("::warning file=a?.tex,")


# ---- any book

BOOK = r"""\documentclass{report}\usepackage{blueprint}\newtheorem{lemma}{Lemma}[chapter]
\begin{document}
\chapter{One}\input{absent}\input{../outside}
\begin{lemma}[Title $y$]\label{a}\lean{A.b}\leanok\leantarget{X}
  \begin{enumerate}\item \uses{b, c:d} one\end{enumerate}
\end{lemma}
\begin{remark}R\end{remark}
\begin{proof}\uses{a}\leanok By \cref{a}.\end{proof}
\input{part/two words}
\end{document}
"""

CUTS = ["", "{", "}", "\\", "%", "%0A", "\r", "\u2028", "\0", "é", "::error file=x::", "\\begin{lemma}", "\\uses{a\fb}"]


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_any_mutated_book_has_sound_results(data: st.DataObject) -> None:
    text = BOOK
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.sampled_from([*CUTS, text[start:end] * 2])) + text[end:]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "part").mkdir()
        (folder / "web.tex").write_text(text, encoding="utf-8", newline="")
        (folder / "part" / "two words.tex").write_text("\\begin{lemma}\n\\end{lemma}\\leanok", encoding="utf-8")
        try:
            problems = sorted(read_blueprint(folder).problems)
        except BlueprintError:
            return
        results = check_document(json.loads(json.dumps(sarif(problems, "1"))), folder)
        assert len(results) == len(problems)
        for problem in problems:
            check_annotation(annotation(problem), problem)


@pytest.mark.parametrize("code", catalogue())
def test_every_code_has_a_line(code: str) -> None:
    problem = Problem(Place("web.tex", 1), code, catalogue()[code].severity, "Something.")
    check_annotation(annotation(problem), problem)
