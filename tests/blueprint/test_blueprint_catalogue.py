"""Every problem code is documented, and every documented example has exactly the problem that it is an example of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blueprint import BlueprintError, DependencyGraph, explain, read_blueprint, report
from blueprint.catalogue import PREAMBLE, Entry, catalogue, entry_of, manual
from blueprint.latex.source import LARGEST_FILE

DOCS = Path(__file__).resolve().parents[2] / "docs"
HUGE, LATIN, LOCKED, NULL = "BP107", "BP105", "BP104", "BP106"


def lay_out(entry: Entry, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes an example as its page says."""
    for name, text in entry.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = f"{PREAMBLE}\\begin{{document}}\n{entry.example}\n\\end{{document}}\n"
    if entry.code == NULL:
        text = text.replace("␀", "\0")
    (folder / "web.tex").write_text(text, encoding="latin-1" if entry.code == LATIN else "utf-8")
    if entry.code == HUGE:
        with (folder / "huge.tex").open("ab") as file:
            file.truncate(LARGEST_FILE + 1)
    if entry.code == LOCKED:
        deny(monkeypatch, "locked.tex")


def deny(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Makes a file unreadable, also for root, whom permissions do not stop."""
    real = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)


@pytest.mark.parametrize("code", catalogue())
def test_an_example_has_exactly_its_problem(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalogue()[code]
    assert bool(entry.setup) == (code in {HUGE, LATIN, LOCKED, NULL}), "the test does what the page says"
    lay_out(entry, tmp_path, monkeypatch)
    book = read_blueprint(tmp_path)
    found = {*book.problems, *DependencyGraph(book).problems}
    assert [(problem.code, problem.severity) for problem in found] == [(code, entry.severity)]


def test_every_code_has_a_page_with_its_severity() -> None:
    """The table of codes is held against the reader's source by the tests of the manual."""
    table = re.findall(
        r"^\| `(BP\d{3})` \| (\w+) \|", (DOCS / "blueprints.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [(entry.code, entry.severity) for entry in catalogue().values()] == table


def test_the_manual_is_made_from_the_catalogue() -> None:
    written = (DOCS / "problems.md").read_text(encoding="utf-8")
    assert written == manual(), "run: blueprover check --explain all > docs/problems.md"


@pytest.mark.parametrize("code", catalogue())
def test_a_page_is_complete(code: str) -> None:
    entry = catalogue()[code]
    assert entry.meaning.endswith((".", ")"))
    assert entry.leanblueprint.endswith(".")
    assert entry.fix.endswith(".")
    assert "\n" not in entry.fix + entry.title
    shown = explain(code.lower())
    for part in (code, entry.title, entry.meaning, entry.example, entry.leanblueprint, entry.fix):
        assert part in shown


def test_every_problem_reported_has_its_fix(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(r"\begin{lemma}\uses{x}\end{lemma}", encoding="utf-8")
    for problem in report(read_blueprint(tmp_path))["problems"]:
        assert problem["fix"] == entry_of(problem["code"]).fix.replace("`", "")


def test_an_unknown_code_is_refused_in_a_sentence() -> None:
    with pytest.raises(BlueprintError, match="There is no problem code “BP999”; codes go from BP101 to BP"):
        explain("BP999")
