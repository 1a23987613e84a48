"""Drafts of plain books: what is proposed, from what, and what is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from blueprint import DependencyGraph, read_blueprint
from blueprint.draft import difference, draft, drafted_files, read_originals, write_draft, write_in_place
from blueprint.errors import DraftRefused

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint import Blueprint
    from blueprint.draft import Draft

PREAMBLE = r"""\documentclass{report}
\newtheorem{satz}{Satz}[chapter]
\newtheorem{hilf}[satz]{Hilfssatz}
\newtheorem{folg}[satz]{Folgerung}
\newtheorem{begriff}[satz]{Definition}
\newtheorem{bem}[satz]{Bemerkung}
\newtheorem{theorem}[satz]{Theorem}
\newtheorem{lemma}[satz]{Lemma}
\newtheorem{corollary}[satz]{Corollary}
\begin{document}
\chapter{One}
"""


def write(folder: Path, body: str, preamble: str = PREAMBLE) -> Path:
    (folder / "web.tex").write_bytes(f"{preamble}{body}\n\\end{{document}}\n".encode())
    return folder


def drafted(path: Path) -> tuple[Blueprint, Draft]:
    book = read_blueprint(path)
    return book, draft(book, {name: file.text for name, file in read_originals(path, book).items()})


def edges(proposed: Draft) -> list[tuple[str, str, str, str]]:
    return [(edge.source, edge.target, edge.part, edge.rule) for edge in proposed.edges]


def graph_edges(book: Blueprint) -> set[tuple[str, str, str]]:
    graph = DependencyGraph(book)
    found = {(source, node.label, "statement") for node in book.nodes for source in graph.statement_uses(node.label)}
    return found | {(source, node.label, "proof") for node in book.nodes for source in graph.proof_uses(node.label)}


def test_statements_are_found_whatever_their_environment_is_called(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{begriff}[Größe]Eine \emph{Größe} ist etwas.\end{begriff}
\begin{satz}Jede Größe ist groß.\end{satz}
\begin{bem}Nicht jede.\end{bem}
\begin{defn}Undeclared.\end{defn}
\begin{folg}Also.\end{folg}""",
    )
    book, proposed = drafted(tmp_path)
    assert [node.name for node in book.nodes] == ["Definition 1.1", "Satz 1.2", "Definition", "Folgerung 1.4"]
    assert [node.is_definition for node in book.nodes] == [True, False, True, False]
    assert [node.label for node in proposed.nodes] == ["def:grosse", "satz:1-2", "def:2", "folg:1-4"]
    assert edges(proposed) == [
        ("def:grosse", "satz:1-2", "statement", "term"),
        ("satz:1-2", "folg:1-4", "statement", "order"),
    ]


def test_a_loaded_blueprint_package_decides_what_is_a_node(tmp_path: Path) -> None:
    write(tmp_path, r"\begin{satz}A\end{satz}\begin{lemma}B\end{lemma}", "\\usepackage{blueprint}" + PREAMBLE)
    assert [node.kind for node in read_blueprint(tmp_path).nodes] == ["lemma"]


def test_references_become_edges_of_the_part_they_stand_in(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\newcommand{\lemref}[1]{Lemma~\ref{#1}}
\begin{lemma}\label{a}A \begin{equation}\label{eq:a} x \end{equation}\end{lemma}
\begin{lemma}\label{b}By \eqref{eq:a}.\end{lemma}
\begin{lemma}\label{c}See \hyperref[a]{the first}.\end{lemma}
\begin{theorem}\label{t}As in \cref{a, b}.\end{theorem}
\begin{proof}By \Cref{b} and \lemref{c}, and by \ref{t}; not \verb|\ref{a}| % \ref{a}
\end{proof}""",
    )
    _, proposed = drafted(tmp_path)
    assert edges(proposed) == [
        ("a", "b", "statement", "reference"),
        ("a", "c", "statement", "reference"),
        ("a", "t", "statement", "reference"),
        ("b", "t", "statement", "reference"),
        ("b", "t", "proof", "reference"),
        ("c", "t", "proof", "reference"),
    ]
    assert (
        proposed.edges[0].reason
        == r"The statement says “\eqref{eq:a}” (web.tex:15), which is equation eq:a of Lemma 1.1."
    )
    assert [edge.place.line for edge in proposed.edges] == [15, 16, 17, 17, 18, 18]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("By Lemma 1.1.", ["a"]),
        ("By Lemma~1.1, all is well.", ["a"]),
        ("by lemmas 1.1 and 1.2", ["a", "b"]),
        ("By Lem.~1.1 \\& 1.2", ["a", "b"]),
        ("By Theorem 1.3 and Lemma 1.2", ["t", "b"]),
        ("By Theorem 1.1, as one says", []),
        ("By Lemma 1.10 and Lemma 1.1.2", []),
        (r"By Lemma 1.1 of \cite{X}", []),
        (r"By \cite[Lemma 1.1]{X} and \cite{Y}, Lemma 1.2", []),
        ("by the previous lemma", ["b"]),
        ("by the preceding theorem", ["t"]),
        ("by equation (1.1)", ["b"]),
        (r"$\text{by}$ nothing", []),
    ],
)
def test_printed_numbers_are_understood(tmp_path: Path, text: str, sources: list[str]) -> None:
    write(
        tmp_path,
        r"""\begin{lemma}\label{a}A\end{lemma}
\begin{lemma}\label{b}B \begin{equation}\label{e}x\end{equation}\end{lemma}
\begin{theorem}\label{t}T\end{theorem}
\begin{lemma}\label{u}U\end{lemma}\begin{proof}"""
        + text
        + r"\end{proof}",
    )
    _, proposed = drafted(tmp_path)
    assert [edge.source for edge in proposed.edges] == sources
    assert all(edge.part == "proof" for edge in proposed.edges)


def test_terms_titles_and_symbols_are_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{begriff}\label{d}A number is \emph{perfect} if it is \emph{equal} to something.\end{begriff}
\begin{begriff}\label{dd}A \emph{doubly perfect number} is written $a \boxplus b$.\end{begriff}
\begin{lemma}[Pigeons]\label{p}No.\end{lemma}
\begin{lemma}\label{x}All perfect numbers are equal to $6$.\end{lemma}
\begin{lemma}\label{y}No doubly perfect number exists.\end{lemma}\begin{proof}By Pigeons.\end{proof}
\begin{lemma}\label{z}$x \boxplus y$.\end{lemma}\begin{proof}Pigeons fly.\end{proof}""",
    )
    _, proposed = drafted(tmp_path)
    assert edges(proposed) == [
        ("d", "dd", "statement", "term"),
        ("d", "x", "statement", "term"),
        ("dd", "y", "statement", "term"),
        ("p", "y", "proof", "title"),
        ("dd", "z", "statement", "notation"),
    ]


def test_no_circle_is_proposed_and_only_references_lead_forward(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{lemma}\label{a}By \ref{c}; every perfect thing.\end{lemma}
\begin{lemma}\label{b}By \ref{a}.\end{lemma}
\begin{lemma}\label{c}By \ref{b}.\end{lemma}
\begin{lemma}\label{d}By \ref{e}.\end{lemma}
\begin{begriff}\label{e}This is \emph{perfect}.\end{begriff}""",
    )
    _, proposed = drafted(tmp_path)
    assert {(edge.source, edge.target) for edge in proposed.edges} == {("a", "b"), ("b", "c"), ("e", "d")}


def test_a_corollary_that_names_nothing_rests_on_the_theorem_before_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{theorem}\label{t}T\end{theorem}
\begin{begriff}\label{d}D\end{begriff}
\begin{corollary}\label{c}C\end{corollary}
\begin{folg}\label{f}F\end{folg}\begin{proof}Clear.\end{proof}
\chapter{Two}
\begin{corollary}\label{g}G\end{corollary}""",
    )
    _, proposed = drafted(tmp_path)
    assert edges(proposed) == [("t", "c", "statement", "order"), ("t", "f", "proof", "order")]


def test_what_the_author_says_is_left_alone(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{lemma}\label{a}\lean{My.a}A\end{lemma}
\begin{lemma}\label{b}B\end{lemma}
\begin{lemma}\label{c}\lean{My.c}\uses{a}By \ref{b}.\end{lemma}""",
    )
    _, proposed = drafted(tmp_path)
    assert proposed.edges == ()
    assert [name.name for name in proposed.lean_names] == ["My.b"]


def test_names_are_made_of_titles_and_differ(tmp_path: Path) -> None:
    write(
        tmp_path,
        r"""
\begin{lemma}[The \'Etale case: $x^2$ \& more]A\end{lemma}
\begin{lemma}[The étale case, more]A\end{lemma}
\begin{lemma}[Theorem]A\end{lemma}
\begin{begriff}[Even number]\label{d}A\end{begriff}
\begin{lemma}\label{thm:even_number}A\end{lemma}
\begin{lemma}\label{x,y}A\end{lemma}
\begin{lemma}\label{d}A\end{lemma}""",
    )
    _, proposed = drafted(tmp_path)
    assert [name.name for name in proposed.labels] == [
        "lem:the-etale-case-more", "lem:the-etale-case-more-2", "lem:theorem", "lem:1-6", "lem:1-7",
    ]  # fmt: skip
    names = [name.name.removeprefix("Book.") for name in proposed.lean_names]
    assert names == [
        "the_etale_case_more", "the_etale_case_more_2", "theorem_thm", "evenNumber", "even_number_2", "lemma_1_6",
        "lemma_1_7",
    ]  # fmt: skip


BOOK = r"""
\begin{begriff}[Größe]
  Eine \emph{Größe}.
\end{begriff}

\begin{satz} % remark
  \label{s}
  Jede Größe.
\end{satz}
\begin{proof}[Beweis] Mit Satz 1.2 und
  \ref{s}.\end{proof}
\begin{satz}[T]Text. Nach Satz 1.2.\end{satz}
\begin{proof}
  Mit Satz~1.2.
\end{proof}
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_only_marks_and_comments_are_inserted(tmp_path: Path, encoding: str, line_end: str) -> None:
    data = f"{PREAMBLE}{BOOK}\\end{{document}}\n".replace("\n", line_end).encode(encoding)
    source, out = tmp_path / "book", tmp_path / "out"
    source.mkdir()
    (source / "web.tex").write_bytes(data)
    book, proposed = drafted(source)
    write_draft(proposed, read_originals(source, book), out)
    assert (source / "web.tex").read_bytes() == data
    result = (out / "web.tex").read_bytes().decode(encoding)
    before = data.decode(encoding)
    kept = iter(result)
    assert all(character in kept for character in before), "something was changed"
    added = [line.strip() for line in re.split(r"\r\n|\r|\n", result)]
    assert r"\label{def:grosse}" in added
    assert r"\uses{s}" in added
    assert added[added.index(r"\uses{s}") - 1].startswith("% inferred: s: The statement says")
    if line_end == "\r\n":
        assert "\n" not in result.replace("\r\n", "")
    again, more = drafted(out)
    assert more.is_empty
    assert graph_edges(again) == {(edge.source, edge.target, edge.part) for edge in proposed.edges}
    assert [(node.number, node.tex) for node in again.nodes] == [(node.number, node.tex) for node in book.nodes]
    assert drafted_files(more, read_originals(out, again)) == {"web.tex": (out / "web.tex").read_bytes()}


def test_boxes_restatables_and_their_labels_are_stepped_over(tmp_path: Path) -> None:
    preamble = r"""\documentclass{article}
\newtcbtheorem{box}{Theorem}{}{thm}
\newtheorem{lemma}{Lemma}
\newenvironment{mylemma}[1]{\begin{lemma}[#1]}{\end{lemma}}
\newcommand{\blem}{\begin{lemma}}\newcommand{\elem}{\end{lemma}}
\begin{document}
"""
    body = r"""\begin{box}{Title}{first}Text.\end{box}
\begin{restatable}[T]{lemma}{again}\label{r}By \ref{thm:first}.\end{restatable}
\begin{mylemma}{Mine}Text \ref{r}.\end{mylemma}
\blem[Short] By \ref{r}. \elem"""
    write(tmp_path, body, preamble)
    book, proposed = drafted(tmp_path)
    write_draft(proposed, read_originals(tmp_path, book), tmp_path / "out")
    text = (tmp_path / "out" / "web.tex").read_text()
    assert "\\begin{box}{Title}{first}\n" in text
    assert "\\begin{restatable}[T]{lemma}{again}\\label{r}\n" in text
    assert "\\begin{mylemma}{Mine}\n" in text
    assert "\\blem[Short]\n" in text
    again = read_blueprint(tmp_path / "out")
    assert len(again.nodes) == 4
    assert graph_edges(again) == {(edge.source, edge.target, edge.part) for edge in proposed.edges}
    assert len(proposed.edges) == 3


def test_a_preamble_is_told_once_and_keeps_compiling(tmp_path: Path) -> None:
    write(tmp_path, r"\begin{satz}A\end{satz}")
    book, proposed = drafted(tmp_path)
    write_in_place(proposed, read_originals(tmp_path, book))
    text = (tmp_path / "web.tex").read_text()
    assert text.count(r"\providecommand{\uses}[1]{}") == 1
    assert "thms=satz]{blueprint}" in text
    assert r"\usepackage" not in re.sub("%[^\n]*", "", text)
    (tmp_path / "web.tex").write_text(text.replace("\\end{document}", "\\begin{satz}B\\end{satz}\n\\end{document}"))
    book, proposed = drafted(tmp_path)
    assert [name.name for name in proposed.labels] == ["satz:1-2"]
    write_in_place(proposed, read_originals(tmp_path, book))
    assert (tmp_path / "web.tex").read_text().count(r"\providecommand{\uses}") == 1


def test_nobodys_work_is_written_over(tmp_path: Path) -> None:
    write(tmp_path, r"\begin{satz}A\end{satz}")
    book, proposed = drafted(tmp_path)
    files = read_originals(tmp_path, book)
    with pytest.raises(DraftRefused, match="belongs to the book itself"):
        write_draft(proposed, files, tmp_path)
    out = tmp_path / "out"
    assert write_draft(proposed, files, out) == (out / "web.tex",)
    assert write_draft(proposed, files, out) == ()
    (out / "web.tex").write_text("corrected")
    with pytest.raises(DraftRefused, match="other content"):
        write_draft(proposed, files, out)
    (tmp_path / "web.tex").write_text("changed")
    with pytest.raises(DraftRefused, match="in the meantime"):
        write_in_place(proposed, files)


def test_a_link_does_not_lead_out_of_the_folder_written_to(tmp_path: Path) -> None:
    source, out, outside = tmp_path / "book", tmp_path / "out", tmp_path / "outside"
    for folder in (source / "chapter", out, outside):
        folder.mkdir(parents=True)
    write(source, r"\input{chapter/one}")
    (source / "chapter" / "one.tex").write_text(r"\begin{satz}A\end{satz}")
    (out / "chapter").symlink_to(outside)
    book, proposed = drafted(source)
    with pytest.raises(DraftRefused, match="leads out"):
        write_draft(proposed, read_originals(source, book), out)
    assert list(outside.iterdir()) == []


def test_a_chapter_read_twice_gets_nothing_inserted(tmp_path: Path) -> None:
    write(tmp_path, r"\input{one}\input{one}\begin{satz}B\end{satz}")
    (tmp_path / "one.tex").write_text(r"\begin{satz}A\end{satz}")
    book, proposed = drafted(tmp_path)
    files = read_originals(tmp_path, book)
    assert drafted_files(proposed, files)["one.tex"] == files["one.tex"].data
    assert [name.name for name in proposed.labels] == ["satz:1-3"]


def test_the_difference_can_be_shown(tmp_path: Path) -> None:
    write(tmp_path, r"\begin{satz}A\end{satz}")
    book, proposed = drafted(tmp_path)
    lines = list(difference(proposed, read_originals(tmp_path, book)))
    assert lines[:2] == ["--- a/web.tex", "+++ b/web.tex"]
    assert "+  \\label{satz:1-1}" in lines
