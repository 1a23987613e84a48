"""A book read again after a change of its files is the book that a fresh reading gives, and comes sooner."""

# ruff: noqa: E501 - pieces of LaTeX stand on one line

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.blueprint import make_book
from blueprint import BlueprintError, BlueprintReader, read_blueprint
from blueprint.latex.counters import Counters
from blueprint.latex.source import Source
from blueprint.latex.state import Book

PREAMBLE = r"""\documentclass{report}\usepackage{blueprint}
\newtheorem{theorem}{Theorem}[chapter]\newtheorem{lemma}[theorem]{Lemma}\newtheorem{remark}{Remark}
\begin{document}
"""
PIECES = [
    "\\chapter{One}", "\\section{Two}\\label{s}", "\\begin{lemma}\\label{a}\\uses{b} $x$ \\end{lemma}\n",
    "\\begin{theorem}[T]\\label{b}\\lean{B} y \\end{theorem}\n", "\\begin{proof}\\uses{a} p \\end{proof}\n",
    "\\begin{lemma}unlabelled\\end{lemma}\n", "\\begin{remark} r \\end{remark}\n", "prose \\cref{a}\n\n", "\\label{c}",
    "\\input{one}\n", "\\input{two}\n", "\\input{three} ", "\\input{gone}", "\\begin{equation}\\label{e} 1\\end{equation}",
    "\\newcommand{\\bl}{\\begin{lemma}}\\newcommand{\\el}{\\end{lemma}}", "\\bl inside \\el ", "\\begin{lemma}", "\\end{lemma}",
    "\\setcounter{theorem}{7}", "\\numberwithin{lemma}{section}", "\\begin{wobble}w\\end{wobble}", "\\leanfoo{x}",
    "\\newtheorem{claim}{Claim}", "\\begin{claim}\\label{d} c \\end{claim}", "\\home{https://h}", "\\endinput", "\\end{document}",
    "\\appendix", "\\import{sub}{one}", "\\begin{align}1\\\\2\\end{align}", "\\begin{figure}\\caption{f}\\label{f}\\end{figure}", "\\title{T}", "\\tag{9}", "\n\n",
    "\\usepackage[thms=claim]{blueprint}", "\\renewcommand{\\thetheorem}{\\Alph{theorem}}", "\\iffalse hidden \\fi", "\\begin{itemize}\\item\\label{i} a\\end{itemize}",
]  # fmt: skip
FILES = ("one.tex", "two.tex", "three.tex", "sub/one.tex")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(PREAMBLE + text if name == "web.tex" else text, encoding="utf-8")


@settings(deadline=None, max_examples=150)
@given(TEXTS, st.lists(TEXTS, min_size=4, max_size=4), st.lists(st.tuples(st.sampled_from(FILES), TEXTS), max_size=6))
def test_a_book_read_again_is_as_if_read_afresh(root: str, texts: list[str], edits: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, "web.tex", "\\input{one}\\input{two}\n\\input{three}" + root)
        for name, text in zip(FILES, texts, strict=True):
            write(folder, name, text)
        reader = BlueprintReader(folder)
        assert reader.read() == read_blueprint(folder)
        for name, text in edits:
            write(folder, name, text)
            assert reader.read() == read_blueprint(folder)
            assert reader.read() == read_blueprint(folder)


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_edits_of_an_orderly_book_are_taken_in(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_book(folder, 300, 2, 1)
        reader = BlueprintReader(folder)
        for _ in range(5):
            assert reader.read() == read_blueprint(folder)
            file = folder / f"chapter{data.draw(st.integers(0, 5))}.tex"
            text = file.read_text(encoding="utf-8")
            at = data.draw(st.integers(0, len(text)))
            piece = data.draw(st.sampled_from(PIECES))
            file.write_text(text[:at] + piece + text[at + data.draw(st.integers(0, 30)) :], encoding="utf-8")


def test_files_that_come_and_go_are_noticed(tmp_path: Path) -> None:
    write(tmp_path, "web.tex", "\\input{one}")
    reader = BlueprintReader(tmp_path)
    assert {problem.code for problem in reader.read().problems} == {"BP101", "BP171"}
    write(tmp_path, "one.tex", PIECES[2])
    assert len(reader.read().nodes) == 1
    write(tmp_path, "one.tex", "\\input{two}")
    assert reader.read().nodes == ()
    write(tmp_path, "two.tex", PIECES[3])
    assert reader.read().by_label["b"].number == "0.1"
    (tmp_path / "web.tex").unlink()
    (tmp_path / "one.tex").unlink()
    (tmp_path / "two.tex").unlink()
    with pytest.raises(BlueprintError, match="no LaTeX file"):
        reader.read()


def test_only_what_changed_is_scanned_again(tmp_path: Path) -> None:
    make_book(tmp_path, 1_500, 2, 2)
    reader = BlueprintReader(tmp_path)
    first = reader.read()
    chapter = tmp_path / "chapter7.tex"
    times = []
    for number in range(5):
        text = chapter.read_text(encoding="utf-8")
        more = f"\\begin{{lemma}}\\label{{more{number}}} More. \\end{{lemma}}\n"
        chapter.write_text(text + more, encoding="utf-8")
        start = time.process_time()
        book = reader.read()
        times.append(time.process_time() - start)
    assert min(times) < 0.1
    assert len(book.nodes) == 1_505
    assert book == read_blueprint(tmp_path)
    kept = {id(node) for node in first.nodes} & {id(node) for node in book.nodes}
    assert len(kept) == 1_450


def test_all_that_a_reading_remembers_is_known_to_parts(tmp_path: Path) -> None:
    """Whoever adds to what is remembered while reading adds it to `Definitions`, `Lengths` or `Part`, and here."""
    book = Book(Source(tmp_path / "x.tex", "x.tex", ""), [])
    fixed = {"source", "skip", "frames", "entries", "leans", "counters", "theorems", "macros", "labels", "manuscript"}
    definitions = {"settings", "has_class", "remarked"}
    growing = {"divisions", "statements", "proofs", "problems", "tags", "begun", "noted"}
    assert set(vars(book)) == fixed | definitions | growing | {"location", "loose_tag", "last_statement", "last_aside"}
    assert set(vars(book.macros)) == {"macros", "environments", "wrappers", "edges", "_readers"}
    assert set(vars(book.theorems)) == {"_counters", "styles", "nodes", "is_plain"}
    assert set(vars(book.labels)) == {"targets", "repeated", "entries"}
    assert set(vars(book.manuscript)) == {"pieces", "equations", "passages", "is_open", "_text", "_last"}
    assert set(vars(book.counters)) == {"_logs", "_values", "_parents", "_formats", "is_appendix"}


def test_counters_remember_what_a_stretch_looked_at() -> None:
    counters = Counters()
    counters.nest("theorem", "chapter")
    counters.watch()
    counters.step("chapter")
    assert counters.step("theorem") == "1.1"
    log = counters.unwatch()
    assert log.found == {"chapter": None}
    assert log.left == {"chapter": 1, "theorem": 1}
    assert not counters.agrees(log)
