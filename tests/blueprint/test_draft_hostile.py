"""Drafts of any book whatever: no crash, nothing lost, nothing written elsewhere, no circle, nothing more to add."""

# ruff: noqa: E501 - pieces of LaTeX stand side by side

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import BlueprintError, DependencyGraph, read_blueprint
from blueprint.draft import draft, drafted_files, read_originals, write_draft

PIECES = [
    "\\begin{lemma}", "\\end{lemma}", "\\begin{proof}", "\\end{proof}", "\\begin{satz}[Title words]", "\\begin{satz}",
    "\\end{satz}", "\\label{a}", "\\label{b}", "\\label{a,b}", "\\label{", "\\uses{a}", "\\lean{X}", "\\ref{a}", "\\eqref{e}",
    "\\cref{a, b}", "\\hyperref[b]{x}", "\\proves{a}", "\\chapter{C}", "\\begin{align}\\label{e}", "\\end{align}", "\\\\",
    "\\tag{1}", "\\begin{enumerate}", "\\item", "\\end{enumerate}", "\\input{other}", "\\input{../x}", "\\iffalse", "\\else",
    "\\fi", "%", "% x\n", "\n", "\n\n", "\r\n", "\r", "\\begin{verbatim}", "\\end{verbatim}", "\\verb|", "\\begin{thm}",
    "\\end{thm}", "\\newcommand{\\f}[1]{\\ref{#1}}", "\\f{a}", "\\newtheorem{satz}{Satz}", "\\newtcbtheorem{satz}{Box}{}{p}",
    "\\newtheorem{begriff}{Definition}", "\\begin{begriff}A \\emph{big thing}.", "\\end{begriff}", "big thing", "by Satz 1",
    "by the previous lemma", "\\begin{corollary}", "\\end{corollary}", "\\begin{document}", "\\end{document}", "{", "}", "$",
    "\\", "\0", "é", "\\begin{remark}", "\\end{remark}", "\\begin{restatable}{lemma}{x}", "\\end{restatable}",
    "\\newenvironment{w}[1]{\\begin{lemma}[#1]}{\\end{lemma}}", "\\begin{w}{T}", "\\end{w}", "\\bl[x]", "\\el", " ", "[", "]",
    "\\newcommand{\\bl}{\\begin{lemma}}\\newcommand{\\el}{\\end{lemma}}", "\\usepackage[thms=satz]{blueprint}", "\\endinput",
]  # fmt: skip


def examine(place: Path) -> None:
    """Draft the book in a folder; check what must hold of any."""
    try:
        book = read_blueprint(place / "book" / "web.tex")
    except BlueprintError:
        return
    files = read_originals(place / "book" / "web.tex", book)
    proposed = draft(book, {name: file.text for name, file in files.items()})
    assert draft(book).labels is not None
    graph = DependencyGraph(book)
    position = {node.label: number for number, node in enumerate(proposed.nodes)}
    for edge in proposed.edges:
        assert edge.source != edge.target
        assert edge.rule in {"reference", "number"} or position[edge.source] < position[edge.target]
    out = place / "out"
    write_draft(proposed, files, out)
    assert {each.name for each in place.iterdir()} == {"book", "out", "x.tex"}
    again = read_blueprint(out / "web.tex")
    assert [(node.kind, node.number, node.title) for node in again.nodes] == [
        (node.kind, node.number, node.title) for node in book.nodes
    ]
    new = DependencyGraph(again)
    now = {node.label: drafted.label for node, drafted in zip(book.nodes, proposed.nodes, strict=True)}
    resolved = {(again.aliases[edge.source], again.aliases[edge.target], edge.part) for edge in proposed.edges}
    before = {
        (again.aliases.get(now[source], now[source]), again.aliases.get(now[node.label], now[node.label]), part)
        for node in book.nodes
        for part, sources in (("statement", graph.statement_uses(node.label)), ("proof", graph.proof_uses(node.label)))
        for source in sources
    }
    after = {
        (source, node.label, part)
        for node in again.nodes
        for part, sources in (("statement", new.statement_uses(node.label)), ("proof", new.proof_uses(node.label)))
        for source in sources
    }
    assert after == before | resolved
    assert len(new.cycles) == len(graph.cycles)
    files = read_originals(out / "web.tex", again)
    more = draft(again, {name: file.text for name, file in files.items()})
    assert more.is_empty
    assert drafted_files(more, files) == {name: file.data for name, file in files.items()}


def lay_out(place: Path, data: bytes) -> None:
    (place / "book").mkdir()
    (place / "book" / "web.tex").write_bytes(data)
    (place / "book" / "other.tex").write_text("\\begin{lemma}\\label{c}Nach \\ref{a}.\\end{lemma}", encoding="utf-8")
    (place / "x.tex").write_text("\\begin{lemma}\\label{outside}\\end{lemma}", encoding="utf-8")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join))
def test_any_text_is_drafted(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        lay_out(Path(place), ("\\relax " + text).encode("utf-8", "replace"))
        examine(Path(place))


BOOK = r"""\documentclass{report}\newtheorem{satz}{Satz}[chapter]\newtheorem{lemma}[satz]{Lemma}
\newtheorem{begriff}[satz]{Definition}
\begin{document}
\chapter{One} Prose with $x^2$ and \emph{text}.
\begin{begriff}[Even]
  A number is \emph{even} if \begin{align} a&=b\label{e}\\ c&=d \end{align}
\end{begriff}
\begin{satz}[Title $y$]\label{a} For even numbers.
  \begin{enumerate}\item one \item\label{i} two\end{enumerate}
\end{satz}
\begin{proof}By \eqref{e}.\end{proof}
\begin{lemma}By Satz 1.2. \end{lemma} \begin{proof}[Proof of it] By \ref{i}, and \ref{a}.\end{proof}
\end{document}
"""


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_mutilated_books_are_drafted(data: st.DataObject) -> None:
    text = BOOK
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        piece = data.draw(st.sampled_from(["", "{", "}", "\\", "%", "$", "\r\n", text[start:end] * 3]))
        text = text[:start] + piece + text[end:]
    with tempfile.TemporaryDirectory() as place:
        lay_out(Path(place), text.encode())
        examine(Path(place))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_drafted(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        lay_out(Path(place), data + b"\\begin{thm}A\\end{thm}")
        examine(Path(place))


@pytest.mark.parametrize(
    "piece",
    ["\\(", "\\[", "$", "\\begin{align}", "\\begin{equation}", "\\emph{", "\\ref{", "\\ref[", "\\cite[", "\\verb|", "{\\em ",
     "Lemma 1, ", "Lemma 1.1", "1.1.", "equation (1), ", "previous ", "word ", " \n", "\\'", "\\texorpdfstring{", "{", "a~",
     "\\begin{verbatim}", "\\label{", "%", "[", "\\cite{a}, Lemma 1 "],
)  # fmt: skip
def test_long_repetitions_end_soon(tmp_path: Path, piece: str) -> None:
    body = piece * (40_000 // len(piece))
    lay_out(tmp_path, f"\\begin{{lemma}}{body}\\end{{lemma}}\n\\begin{{lemma}}[{piece * 30}]x\\end{{lemma}}".encode())
    book = read_blueprint(tmp_path / "book" / "web.tex")
    files = read_originals(tmp_path / "book" / "web.tex", book)
    start = time.process_time()
    proposed = draft(book, {name: file.text for name, file in files.items()})
    drafted_files(proposed, files)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("step", [-1, 1])
def test_a_long_chain_of_references_is_drafted_soon(tmp_path: Path, step: int) -> None:
    statements = (
        f"\\begin{{thm}}\\label{{t{number}}}By \\ref{{t{number + step}}}.\\end{{thm}}" for number in range(10_000)
    )
    lay_out(tmp_path, "\n\n".join(statements).encode())
    book = read_blueprint(tmp_path / "book" / "web.tex")
    start = time.process_time()
    proposed = draft(book)
    assert time.process_time() - start < 10
    assert len(proposed.edges) > 3_000
    assert draft(book) == proposed
