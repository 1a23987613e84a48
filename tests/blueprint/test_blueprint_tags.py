"""Marks that the graph does not need are kept, boxed and listed theorems are seen, and imported files are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blueprint import Blueprint, Place, Tag, read_blueprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Blueprint]

FIRST_LINE = 9  # lines before the body


def tags_of(found: tuple[Tag, ...]) -> list[tuple[str, tuple[str, ...], int]]:
    return [(tag.name, tag.arguments, tag.place.line - FIRST_LINE) for tag in found]


# ---- tags


def test_marks_of_a_fork_are_kept_with_their_place(read: Read) -> None:
    book = read(r"""\begin{lemma}\label{a}
\leantarget{Foo.bar}\leanhelper{Foo.x, % the second is private
  Foo.y}
\blueprintowner[2026]{Ada}{Grace}
Text.\end{lemma}
\begin{proof}\leanhelper{Foo.z}P\end{proof}""")
    [node] = book.nodes
    assert tags_of(node.tags) == [
        ("leantarget", ("Foo.bar",), 2),
        ("leanhelper", ("Foo.x, Foo.y",), 2),
        ("blueprintowner", ("2026", "Ada", "Grace"), 4),
    ]
    assert node.tex == "Text."
    assert node.proof is not None
    assert tags_of(node.proof.tags) == [("leanhelper", ("Foo.z",), 6)]
    assert node.proof.tex == "P"


def test_a_foreign_mark_is_reported_once_and_not_at_all_where_the_book_declares_it(read: Read) -> None:
    body = r"\begin{lemma}\label{a}\leantarget{X}\leantarget{Y}\end{lemma}"
    assert [problem.code for problem in read(body).problems] == ["BP155"]
    declared = read(r"\newcommand{\leantarget}[1]{}" + "\n" + body)
    assert declared.problems == ()
    assert [tag.argument for tag in declared.nodes[0].tags] == ["X", "Y"]


def test_a_command_that_the_book_defines_is_text(read: Read) -> None:
    book = read(r"\newcommand{\leanname}[1]{\texttt{#1}}" + "\n" + r"\begin{lemma}\label{a}\leanname{X}\end{lemma}")
    assert book.nodes[0].tags == ()
    assert book.nodes[0].tex == r"\leanname{X}"


def test_a_foreign_mark_without_a_closed_argument_takes_no_text(read: Read) -> None:
    book = read("\\begin{lemma}\\label{a}\\leanmark[x]{open\n\nText.\\end{lemma}")
    assert book.nodes[0].tags == (Tag("leanmark", (), Place("web.tex", 10, 23)),)
    assert book.nodes[0].tex.endswith("Text.")


def test_discussion_and_also_in_are_data(read: Read) -> None:
    book = read(r"""\section{S}\label{s}
\begin{lemma}\label{a}\discussion{12, \#13}
\alsoIn{s, t}\end{lemma}""")
    [node] = book.nodes
    assert tags_of(node.tags) == [("discussion", ("12, \\#13",), 2), ("alsoIn", ("s, t",), 3)]
    assert node.discussion == ("12", "13")
    assert node.also_in == ("s", "t")


def test_what_a_book_says_of_itself_is_data(read: Read) -> None:
    preamble = r"""\documentclass{article}
\home{https://a.b} \github{https://c.d}
\dochome{https://e.f}
\graphcolor{bg}{red}{Broken down}
\bpcolor{stated}{#00ff00}{Stated}
"""
    book = read(r"\begin{lemma}\label{a}\end{lemma} \leanstray{x}", preamble)
    assert [(tag.name, tag.arguments, tag.place.line) for tag in book.tags] == [
        ("home", ("https://a.b",), 2),
        ("github", ("https://c.d",), 2),
        ("dochome", ("https://e.f",), 3),
        ("graphcolor", ("bg", "red", "Broken down"), 4),
        ("bpcolor", ("stated", "#00ff00", "Stated"), 5),
        ("leanstray", ("x",), 7),
    ]
    assert book.settings == {"home": "https://a.b", "github": "https://c.d", "dochome": "https://e.f"}


# ---- theorems declared in other ways


def test_boxed_theorems_have_title_and_label_as_arguments(read: Read) -> None:
    preamble = r"""\documentclass{report}
\usepackage{blueprint}
\newtcbtheorem[number within=chapter]{theorem}{Theorem}{colback=red!5, fonttitle=\bfseries}{thm}
\newtcbtheorem[use counter from=theorem]{lemma}{Lemma}{label separator={-}}{lem}
"""
    book = read(
        r"""\chapter{C}

\begin{theorem}[colback=blue]{A title, with $x$}{first}\lean{X}
  Statement.
\end{theorem}

\begin{lemma}{}{second}\uses{thm:first} L.\end{lemma}

\begin{lemma}[label=third]{T}{}L.\end{lemma}

\begin{theorem*}{Unnumbered}Aside.\end{theorem*}""",
        preamble,
    )
    assert [(node.label, node.name, node.title, node.tex) for node in book.nodes] == [
        ("thm:first", "Theorem 1.1", "A title, with $x$", "Statement."),
        ("lem-second", "Lemma 1.2", "", "L."),
        ("third", "Lemma 1.3", "T", "L."),
    ]
    assert book.by_label["lem-second"].uses == ("thm:first",)
    assert book.problems == ()


def test_a_list_of_theorems_is_declared_at_once(read: Read) -> None:
    preamble = r"""\documentclass{article}
\declaretheorem[numberwithin=section]{theorem}
\declaretheorem[sibling=theorem]{lemma, proposition}
\declaretheorem{definition,corollary}[numberlike=theorem]
\spnewtheorem{claim}[theorem]{Claim}{\bfseries}{\itshape}
"""
    kinds = ("theorem", "lemma", "proposition", "definition", "corollary")
    body = "\\section{S}\n\n" + "\n\n".join(f"\\begin{{{kind}}}\\label{{{kind}}}\\end{{{kind}}}" for kind in kinds)
    names = [node.name for node in read(body, preamble).nodes]
    assert names == ["Theorem 1.1", "Lemma 1.2", "Proposition 1.3", "Definition 1.4", "Corollary 1.5"]


# ---- imported files


@pytest.mark.parametrize("command", ["import", "subimport", "inputfrom", "includefrom", "subincludefrom", "import*"])
def test_an_imported_file_finds_what_lies_beside_it(tmp_path: Path, command: str) -> None:
    (tmp_path / "part" / "deep").mkdir(parents=True)
    (tmp_path / "web.tex").write_text(rf"\{command}{{part/}}{{one}}\input{{two}}\relax")
    (tmp_path / "part" / "one.tex").write_text(r"\input{two}\subimport{deep}{three}\input{four}")
    (tmp_path / "two.tex").write_text(r"\begin{lemma}\label{root}\end{lemma}")
    (tmp_path / "part" / "two.tex").write_text(r"\begin{lemma}\label{part}\end{lemma}")
    (tmp_path / "part" / "deep" / "three.tex").write_text(r"\begin{lemma}\label{deep}\end{lemma}")
    (tmp_path / "four.tex").write_text(r"\begin{lemma}\label{fallen back}\end{lemma}")
    book = read_blueprint(tmp_path)
    assert [node.label for node in book.nodes] == ["part", "deep", "fallen back", "root"]
    assert book.problems == ()


def test_an_import_never_leaves_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    (folder / "part").mkdir(parents=True)
    (tmp_path / "x.tex").write_text(r"\begin{lemma}\label{outside}\end{lemma}")
    (folder / "web.tex").write_text(r"\import{part}{one}\subincludefrom{../}{x}\relax")
    (folder / "part" / "one.tex").write_text(r"\subimport{../..}{x}\input{../../x}")
    book = read_blueprint(folder)
    assert book.nodes == ()
    assert [problem.code for problem in book.problems].count("BP102") == 3
