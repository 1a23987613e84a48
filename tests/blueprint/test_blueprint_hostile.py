"""Whatever the input: an answer in bounded time, located problems, nothing read outside the folder."""

# ruff: noqa: E501 - LaTeX and its HTML stand on one line, with their typography

from __future__ import annotations

import builtins
import io
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import BlueprintError, DependencyGraph, ProseRenderer, read_blueprint, report

if TYPE_CHECKING:
    from blueprint import Blueprint

PIECES = [
    "\\begin{lemma}", "\\end{lemma}", "\\begin{proof}", "\\end{proof}", "\\begin{theorem}[T", "]",
    "\\end{theorem}", "\\label{a}", "\\label{b}", "\\label{", "\\uses{a,b}", "\\uses{", "\\uses{a}",
    "\\lean{X}", "\\leanok", "\\notready", "\\proves{a}", "\\chapter{C}", "\\section{S}", "\\begin{align}",
    "\\end{align}", "\\\\", "\\nonumber", "\\tag{1}", "\\begin{enumerate}", "\\item", "\\end{enumerate}",
    "\\input{web}", "\\input{other}", "\\input{../x}", "\\input /etc/passwd ", "\\import{..}{x}", "\\iffalse",
    "\\else", "\\fi", "\\ifplastex", "%", "\n", "\n\n", "\\begin{verbatim}", "\\end{verbatim}", "\\verb|",
    "\\newcommand{\\f}[1]{#1\\f{#1}}", "\\f{x}", "\\def\\g#1{", "\\newtheorem{claim}[lemma]{C}",
    "\\begin{claim}", "\\end{claim}", "\\begin{document}", "\\end{document}", "{", "}", "$", "\\", "\0", "\r",
    "é", "\\begin{remark}", "\\end{remark}", "\\begin{}", "\\end{}", "\\begin{lemma*}",
    "\\declaretheorem[numberwithin=section]{lemma}", "\\numberwithin{lemma}{claim}", "\\endinput",
    "\\renewcommand{\\thelemma}{\\thelemma}", "\\setcounter{lemma}{-5}", "\\begin{restatable}{lemma}{x}",
    "\\usepackage[thms=claim]{blueprint}",
]  # fmt: skip


def examine(folder: Path) -> Blueprint | None:
    """Read and use a book in every way; check what must hold of any."""
    try:
        book = read_blueprint(folder / "web.tex")
    except BlueprintError:
        return None
    found = report(book)
    assert found["nodes"] == len(book.nodes) == len(book.by_label)
    for problem in found["problems"]:
        lines = (folder / problem["file"]).read_bytes().replace(b"\r", b"\n").count(b"\n") + 1
        assert 1 <= problem["line"] <= lines
    graph = DependencyGraph(book)
    assert len(graph.order()) == len(book.nodes)
    assert {passage.label for passage in book.passages if passage.label} == set(book.by_label)
    renderer = ProseRenderer(book, lambda label: f"#{label}")
    for node in book.nodes:
        assert 0 <= node.chapter < len(book.chapters)
        renderer.statement(node)
        renderer.proof(node)
    for passage in book.passages:
        renderer.passage(passage.tex)
    return book


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join))
def test_any_text_is_answered(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "book")
        folder.mkdir()
        (folder / "web.tex").write_text("\\relax " + text, encoding="utf-8", errors="replace")
        (folder / "other.tex").write_text("\\begin{lemma}\\label{c}\\input{web}\\end{lemma}", encoding="utf-8")
        Path(place, "x.tex").write_text("\\begin{lemma}\\label{outside}\\end{lemma}", encoding="utf-8")
        book = examine(folder)
        assert book is None or "outside" not in book.by_label


BOOK = r"""\documentclass{report}\usepackage{blueprint}\newtheorem{lemma}{Lemma}[chapter]
\begin{document}
\chapter{One} Prose with $x^2$ and \emph{text}.
\begin{lemma}[Title $y$]\label{a}\lean{A.b}\leanok
  Some \textbf{statement}: \begin{align} a&=b\label{e}\\ c&=d \end{align}
  \begin{enumerate}\item one \item two\end{enumerate}
\end{lemma}
\begin{proof}\uses{a}\leanok By \cref{a} and \eqref{e}.\end{proof}
\end{document}
"""


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_mutilated_books_are_answered(data: st.DataObject) -> None:
    text = BOOK
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = (
            text[:start] + data.draw(st.sampled_from(["", "{", "}", "\\", "%", "$", text[start:end] * 3])) + text[end:]
        )
    with tempfile.TemporaryDirectory() as place:
        Path(place, "web.tex").write_text(text, encoding="utf-8")
        examine(Path(place))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place, "web.tex").write_bytes(data)
        examine(Path(place))


@pytest.mark.parametrize(
    "piece",
    ["{", "}", "\\label{", "\\uses{", "\\begin{lemma}[", "\\begin{lemma}[{", "\\end{lemma}", "\\iffalse ", "\\ifplastex ", "%", "\\def\\a{",
     "$", "\\(", "\\sqrt", "\\frac{", "{\\bf ", "\\emph{", "\\begin{itemize}\\item ", "\\\\", "\\verb|", "\\url{", "\\tag{", "\\begin{align}",
     "\\begin{proof}", "\\input{web}", "\\section{x}", "\\footnote{", "\\begin{tabular}{c}a&", "word ", " \n", "\\foo{a}", "\\newcommand{\\a}[1]{"],
)  # fmt: skip
def test_long_repetitions_end_soon(tmp_path: Path, piece: str) -> None:
    (tmp_path / "web.tex").write_text("\\relax " + piece * (60_000 // len(piece)), encoding="utf-8")
    start = time.process_time()
    examine(tmp_path)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "formula",
    [r"\sqrt" * 9_000, "{" * 9_000 + "}" * 9_000, "x^{" * 9_000 + "}" * 9_000, r"\left(" * 9_000 + r"\right)" * 9_000, r"\d{" * 30 + "x" + "}" * 30,
     r"\e " * 200, r"\deep"],
)  # fmt: skip
def test_deep_formulas_do_not_end_the_process(tmp_path: Path, formula: str) -> None:
    macros = (
        r"\newcommand{\d}[1]{{#1#1}}\newcommand{\e}{\sqrt\sqrt\sqrt\sqrt\sqrt\sqrt}"
        r"\newcommand{\deep}{" + r"\sqrt" * 20_000 + "}"
    )
    (tmp_path / "web.tex").write_text(f"{macros}\n${formula}$\n", encoding="utf-8")
    examine(tmp_path)


def test_nothing_outside_the_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    (tmp_path / "x.tex").write_text("\\begin{lemma}\\end{lemma}")
    (folder / "up").symlink_to(tmp_path)
    (folder / "web.tex").write_text(
        "\\usepackage{../x}\\input{../x}\\input{up/x}\\import{../}{x}\\include{/etc/hostname}\\subfile{./../book/../x}\\relax"
    )
    opened: list[str] = []
    real = io.open

    def watch(file: Any, *arguments: Any, **options: Any) -> Any:
        opened.append(str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr(io, "open", watch)
    monkeypatch.setattr(builtins, "open", watch)
    assert read_blueprint(folder).nodes == ()
    assert [name for name in opened if name.endswith(".tex")] == [str(folder / "web.tex")]
