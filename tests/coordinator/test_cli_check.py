"""``blueprover check`` as editors, code hosts and people call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from blueprint import explain
from tests.support.campaigns import blueprover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that is the working folder, with a faulty book in a folder of it."""
    folder = tmp_path / "blue print"
    folder.mkdir()
    book = "\\begin{lemma}\\label{a}\n  \\uses{b}\n\\end{lemma}\n\n\\begin{lemma}\\end{lemma}\n"
    (folder / "web.tex").write_text(book, encoding="utf-8")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    return tmp_path


def test_sarif_names_files_from_the_working_folder(project: Path) -> None:
    answer = blueprover("check", "blue print", "--sarif", timeout=60)
    assert answer.returncode == 1
    document = json.loads(answer.stdout)
    assert document["version"] == "2.1.0"
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in document["runs"][0]["results"]
    ]
    assert places == ["blue%20print/web.tex"] * 2
    assert (project / "blue print" / "web.tex").is_file()


@pytest.mark.parametrize("path", ["blue print", "blue print/web.tex"])
def test_github_shows_each_problem_on_a_line(project: Path, path: str) -> None:
    answer = blueprover("check", str(project / path), "--github", timeout=60)
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning"]
    assert lines[0].startswith("::error file=blue print/web.tex,line=2,col=3,title=BP131%3A Unresolved label::")


def test_on_github_files_are_named_from_the_workspace(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(project / "blue print")
    answer = blueprover("check", ".", "--github", timeout=60)
    assert "file=blue print/web.tex," in answer.stdout


def test_a_code_is_explained_without_a_book() -> None:
    answer = blueprover("check", "--explain", "bp131", timeout=60)
    assert answer.returncode == 0
    assert answer.stdout == explain("BP131")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--explain", "BP999"), "There is no problem code “BP999”"),
        ((), "Name the blueprint's root file"),
        ((".", "--json", "--sarif"), "exclude one another"),
    ],
)
def test_what_cannot_be_answered_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    answer = blueprover("check", *arguments, timeout=60)
    assert answer.returncode == 2
    assert sentence in " ".join(answer.stderr.replace("│", " ").split())
    assert "Traceback" not in answer.stderr


def test_what_a_person_reads_tells_where_to_read_on(project: Path) -> None:
    answer = blueprover("check", str(project), timeout=60)
    assert "BP131" in answer.stdout
    assert "--explain BP131" in answer.stdout
    json.loads(blueprover("check", str(project), "--json", timeout=60).stdout)
