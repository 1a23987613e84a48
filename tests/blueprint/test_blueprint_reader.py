# ruff: noqa: E501, ISC004 - LaTeX and its HTML stand on one line, with their typography

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blueprint import BlueprintError, NothingToRead, ProseRenderer, find_root, read_blueprint, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint import Blueprint

    Read = Callable[..., Blueprint]


def test_a_statement_keeps_what_the_author_says_of_it(read: Read) -> None:
    book = read(r"""
\chapter{One}
\begin{theorem}[Main \emph{result}]
  \label{thm:main} \lean{Foo.main,
    Foo.other} % a comment \lean{No.one}
  \leanok
  \uses{def:a, def:b,def:a}
  Text 50\% of it.

  Second paragraph. \notready
\end{theorem}
\begin{proof} \leanok \uses{def:b} Trivial. \end{proof}
\begin{definition}\label{def:a} A. \end{definition}
\begin{definition}\label{def:b}\mathlibok B. \end{definition}
""")
    node, _, other = book.nodes
    assert node.label == "thm:main"
    assert node.title == r"Main \emph{result}"
    assert node.lean == ("Foo.main", "Foo.other")
    assert node.uses == ("def:a", "def:b")
    assert node.marks.leanok
    assert node.marks.notready
    assert not node.is_definition
    assert node.name == "Theorem 1.1"
    assert node.tex == "Text 50\\% of it.\n\n  Second paragraph."
    assert node.proof is not None
    assert node.proof.uses == ("def:b",)
    assert node.proof.leanok
    assert node.proof.tex.strip() == "Trivial."
    assert (node.place.file, node.place.line, node.place.column) == ("web.tex", 12, 1)
    assert other.is_definition
    assert other.marks.mathlibok
    assert book.problems == ()


def test_numbers_are_those_of_the_printed_book(read: Read) -> None:
    book = read(
        r"""
\chapter{One}\label{ch:one}
\section{Early}\label{sec:early}
\begin{lemma}\label{a}A\end{lemma}
\begin{remark}\label{r}R\end{remark}
\begin{equation}\label{e1} x \end{equation}
\begin{align} a \label{e2} \\ b \nonumber \\ c \tag{$*$}\label{star} \\ d \label{e3} \end{align}
\chapter*{Not counted}
\chapter{Two}
\begin{theorem}\label{b}B
  \begin{enumerate} \item one \item\label{it} two \end{enumerate}
  \begin{equation}\label{e4} y \end{equation}
\end{theorem}
\begin{note}\label{n}N\end{note}
\begin{claim}\label{c}C\end{claim}
\appendix
\chapter{Extra}\label{ch:extra}
\begin{lemma}\label{d}D\end{lemma}
""",
        preamble=r"""\documentclass{book}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}[chapter]
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{remark}[theorem]{Remark}
\newtheorem*{note}{Note}
\declaretheorem[name=Claim, numberwithin=section]{claim}
""",
    )
    expected = {
        "ch:one": "1", "sec:early": "1.1", "a": "1.1", "r": "1.2", "e1": "1.1", "e2": "1.2", "star": "*", "e3": "1.3",
        "b": "2.1", "it": "2", "e4": "2.1", "c": "2.0.1", "ch:extra": "A", "d": "A.1",
    }  # fmt: skip
    assert {label: book.references[label] for label in expected} == expected
    assert "n" not in book.references
    assert book.containers["e4"] == book.containers["it"] == "b"
    assert [chapter.number for chapter in book.chapters] == ["1", "", "2", "A"]
    assert [node.chapter for node in book.nodes] == [0, 2, 3]


def test_an_article_has_its_sections_as_chapters(read: Read) -> None:
    book = read(
        r"Before. \section{First} \begin{theorem}\label{t}T\end{theorem} \subsection{Deep} x",
        preamble="\\documentclass{article}\n\\newtheorem{theorem}{Theorem}\n",
    )
    assert [chapter.title for chapter in book.chapters] == ["", "First"]
    assert book.nodes[0].number == "1"
    assert book.nodes[0].chapter == 1
    assert [passage.tex for passage in book.passages] == [
        "Before.",
        "",
        "\\subsection{Deep}\\label{subsection 1.1}",
        "x",
    ]


def test_a_book_without_chapters_has_one_untitled(read: Read) -> None:
    book = read(r"\begin{theorem}\label{t}T\end{theorem}")
    assert [(chapter.number, chapter.title) for chapter in book.chapters] == [("", "")]


def test_environments_named_by_the_package_option_are_nodes(read: Read) -> None:
    book = read(
        r"\begin{thm}\label{a}A\end{thm} \begin{dfn}\label{b}B\end{dfn} \begin{lemma}\label{c}C\end{lemma}",
        preamble="\\usepackage[showmore, thms=thm+dfn]{blueprint}\n\\newtheorem{thm}{Theorem}\\newtheorem{dfn}[thm]{Definition}\n",
    )
    assert [node.label for node in book.nodes] == ["a", "b"]
    assert [node.name for node in book.nodes] == ["Theorem 1", "Definition 2"]
    assert book.nodes[1].is_definition


def test_the_last_label_names_a_node_and_all_lead_to_it(read: Read) -> None:
    book = read(r"\begin{lemma}\label{old}\label{new} \[ x \tag{1}\label{eq} \] \end{lemma}")
    assert book.nodes[0].label == "new"
    assert book.nodes[0].labels == ("old", "new")
    assert book.aliases == {"old": "new", "new": "new"}
    assert book.containers == {"eq": "new"}


def test_a_node_without_label_gets_a_stable_one(read: Read) -> None:
    book = read(r"\begin{lemma}A\end{lemma} \input{more}", more=r"\begin{lemma}B\end{lemma}\begin{lemma}C\end{lemma}")
    assert [node.label for node in book.nodes] == ["unlabelled-web-1", "unlabelled-more-1", "unlabelled-more-2"]


@pytest.mark.parametrize(
    ("body", "proved"),
    [
        (r"\begin{lemma}\label{a}A\end{lemma} prose \begin{proof}P\end{proof}", ["a"]),
        (r"\begin{lemma}\label{a}A\end{lemma}\begin{lemma}\label{b}B\end{lemma}\begin{proof}\proves{a}P\end{proof}", ["a"]),
        (r"\begin{lemma}\label{a}A\end{lemma}\begin{remark}R\end{remark}\begin{proof}P\end{proof}", ["a"]),
        (r"\begin{lemma}\label{a}A \begin{proof}P\end{proof}\end{lemma}", ["a"]),
        (r"\begin{lemma}\label{a}A\end{lemma}\section{S}\begin{proof}P\end{proof}", []),
        (r"\begin{lemma}\label{a}A\end{lemma}\section{S}\begin{proof}[Proof of \cref{a}]P\end{proof}", ["a"]),
        (
            r"\begin{lemma}\label{a}A\end{lemma}\begin{proof}\begin{lemma}\label{b}B\end{lemma}"
            r"\begin{proof}Q\end{proof} P\end{proof}",
            ["a", "b"],
        ),
        (r"\begin{lemma}\label{a}A\end{lemma}\begin{proof}P\end{proof}\begin{remark}R\end{remark}\begin{proof}Q\end{proof}", ["a"]),
    ],
)  # fmt: skip
def test_proofs_go_to_what_they_prove(read: Read, body: str, proved: list[str]) -> None:
    book = read("\\chapter{C}" + body)
    assert [node.label for node in book.nodes if node.proof] == proved
    assert book.proofs == body.count(r"\begin{proof}")


def test_what_proves_no_node_stays_in_the_prose(read: Read) -> None:
    book = read(r"\begin{remark}R\end{remark}\begin{proof}Why R\end{proof}")
    assert "Why R" in "".join(passage.tex for passage in book.passages)


def test_comments_verbatim_and_false_branches_hold_no_structure(read: Read) -> None:
    book = read(r"""
% \begin{lemma}
\iffalse \begin{lemma}\ifx\a\b x\else y\fi\end{lemma} \fi
\begin{comment}\begin{lemma}\end{comment}
\begin{verbatim}
\begin{lemma} % not a comment
\end{verbatim}
\verb|\begin{lemma}| \url{http://a%20b\begin{lemma}}
\ifplastex \begin{lemma}\label{web}W\end{lemma} \else \begin{lemma}\label{print}P\end{lemma} \fi
""")
    assert [node.label for node in book.nodes] == ["web"]


def test_macros_are_read_in_all_their_forms(read: Read) -> None:
    book = read(
        r"\newcommand{\late}{l} \begin{lemma}\label{a}A\end{lemma}",
        preamble=r"""
\newcommand{\R}{\mathbb{R}} \newcommand*\norm[2][2]{\|#2\|_{#1}} \renewcommand \C {\mathbb C}
\providecommand{\R}{no} \DeclareMathOperator{\Hom}{Hom} \DeclareMathOperator*{\argmax}{arg\,max}
\def\pair#1#2{(#1,#2)} \let\eps\varepsilon \NewDocumentCommand{\abs}{m}{|#1|} \NewDocumentCommand\opt{O{x} m}{#1#2}
\DeclarePairedDelimiter\ceil{\lceil}{\rceil} \newcommand{\lean}[1]{} \newcommand{\lem}{\begin{lemma}}
""",
    )
    assert book.macros == {
        "R": (0, r"\mathbb{R}"), "norm": (2, r"\|#2\|_{#1}"), "C": (0, r"\mathbb C"), "Hom": (0, r"\operatorname{Hom}"),
        "argmax": (0, r"\operatorname*{arg\,max}"), "pair": (2, "(#1,#2)"), "eps": (0, r"\varepsilon"),
        "abs": (1, "|#1|"), "opt": (2, "#1#2"), "ceil": (1, r"\lceil #1 \rceil"), "lem": (0, r"\begin{lemma}"),
        "late": (0, "l"),
    }  # fmt: skip
    assert book.defaults == {"norm": "2", "opt": "x"}
    assert len(book.nodes) == 1


def test_files_are_found_beside_the_root_and_then_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "src" / "part").mkdir(parents=True)
    (tmp_path / "src" / "web.tex").write_text(r"\input part/one \include{part/two} \import{part/}{three}")
    (tmp_path / "src" / "part" / "one.tex").write_text(r"\begin{lemma}\label{a}\input{inner}\end{lemma}")
    (tmp_path / "src" / "part" / "inner.tex").write_text("inside")
    (tmp_path / "src" / "part" / "two.tex").write_text(r"\begin{lemma}\label{b}\end{lemma}\endinput \begin{lemma}")
    (tmp_path / "src" / "part" / "three.tex").write_text(r"\begin{lemma}\label{c}\end{lemma}")
    book = read_blueprint(tmp_path)
    assert [node.label for node in book.nodes] == ["a", "b", "c"]
    assert book.nodes[0].tex == "inside"
    assert book.nodes[0].place.file == "src/part/one.tex"
    assert book.files == (
        "src/web.tex",
        "src/part/one.tex",
        "src/part/inner.tex",
        "src/part/two.tex",
        "src/part/three.tex",
    )
    assert report(book)["problems"] == []


def test_local_packages_bring_their_definitions(tmp_path: Path) -> None:
    (tmp_path / "mine.sty").write_text("\\newcommand{\\N}{\\mathbb{N}}\n\\newtheorem{lemma}{Lemma}\n\\begin{lemma}\n")
    (tmp_path / "web.tex").write_text(
        "\\usepackage{mine,amsmath}\\begin{document}\\begin{lemma}\\label{a}\\end{lemma}\\end{document}"
    )
    book = read_blueprint(tmp_path / "web.tex")
    assert book.macros == {"N": (0, r"\mathbb{N}")}
    assert [node.number for node in book.nodes] == ["1"]


@pytest.mark.parametrize(
    "name", ["blueprint/src/web.tex", "src/web.tex", "web.tex", "content.tex", "paper/anything.tex"]
)
def test_the_root_is_found(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text(r"\begin{lemma}\end{lemma}")
    assert find_root(tmp_path) == root
    assert find_root(root) == root


def test_the_only_document_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text("% \\begin{document}\n")
    (tmp_path / "b.tex").write_text("\\begin{document}\\end{document}\n")
    assert find_root(tmp_path).name == "b.tex"
    (tmp_path / "c.tex").write_text("\\begin{document}\\end{document}\n")
    with pytest.raises(NothingToRead, match="More than one"):
        find_root(tmp_path)


def test_nothing_to_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.tex").write_text("no commands here")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "absent", tmp_path / "empty", tmp_path / "notes.tex"):
        with pytest.raises(BlueprintError) as caught:
            read_blueprint(path)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


def test_the_book_says_where_it_lives(read: Read) -> None:
    book = read(
        r"\begin{lemma}\label{a}\discussion{12}x\end{lemma}",
        preamble="\\title{A \\emph{book}}\\home{https://h}\\github{https://g}\\dochome{https://d}\n",
    )
    assert book.title == r"A \emph{book}"
    assert book.settings == {"home": "https://h", "github": "https://g", "dochome": "https://d"}
    assert book.nodes[0].discussion == ("12",)


def test_commands_and_environments_that_stand_for_others_are_seen_through(read: Read) -> None:
    book = read(
        r"""
\bl\label{a} A \be x \label{eq} \ee \el
\begin{mylemma}[T]\label{b} B \begin{enumerate}\item c\end{enumerate} \end{mylemma}
\begin{pf}\uses{a} P \end{pf} \input{more}
""",
        more=r"\bl\label{c} C \el",
        preamble=r"""\documentclass{article}
\newtheorem{lemma}{Lemma}
\newcommand{\bl}{\begin{lemma}}\newcommand{\el}{\end{lemma}}
\def\be{\begin{equation}}\def\ee{\end{equation}}
\newenvironment{mylemma}{\bigskip\begin{lemma}}{\end{lemma}}
\newenvironment{pf}{\begin{proof}}{\end{proof}}
""",
    )
    assert [(node.label, node.kind, node.number, node.title) for node in book.nodes] == [
        ("a", "lemma", "1", ""),
        ("b", "lemma", "2", "T"),
        ("c", "lemma", "3", ""),
    ]
    assert book.references["eq"] == "1"
    assert book.nodes[1].proof is not None
    assert book.nodes[1].proof.uses == ("a",)
    assert book.problems == ()
    html = ProseRenderer(book, lambda _: "").statement(book.nodes[0])
    assert "<mtext>(1)</mtext>" in html
    assert "tex-raw" not in html
