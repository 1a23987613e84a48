# ruff: noqa: E501 - LaTeX and its HTML stand on one line, with their typography

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blueprint import read_blueprint, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint import Blueprint

    Read = Callable[..., Blueprint]

FIRST_LINE = 9  # lines before the body


@pytest.mark.parametrize(
    ("code", "line", "body"),
    [
        ("BP101", 1, r"\input{absent}"),
        ("BP102", 1, r"\input{../../../../etc/passwd}"),
        ("BP102", 1, r"\input{/etc/passwd}"),
        ("BP103", 1, r"\input{web}"),
        ("BP111", 2, "\\chapter{C}\n\\begin{lemma}\\label{a}\n\\section{S}"),
        ("BP111", 1, "\\begin{lemma}\\label{a}\\begin{itemize}\n\\end{lemma}"),
        ("BP112", 2, "x\n\\end{lemma}"),
        ("BP113", 1, r"\begin{center}" * 60),
        ("BP114", 2, "\\begin{lemma}\n\\label{a\n\nb} \\end{lemma}"),
        ("BP115", 1, r"\begin{wobble}\end{wobble}"),
        ("BP116", 1, r"\begin{verbatim} x"),
        ("BP116", 1, r"\iffalse x"),
        ("BP117", 1, r"\begin{lemma}\label{a} {x\end{lemma}"),
        ("BP117", 2, "\\begin{lemma}\\label{a}\\end{lemma}\n\\begin{proof} x}\\end{proof}"),
        ("BP121", 2, "\\begin{lemma}\\label{a}\\end{lemma}\n\\begin{lemma}\\label{a}\\end{lemma}"),
        ("BP122", 1, r"\begin{lemma}\end{lemma}"),
        ("BP123", 1, r"\begin{lemma}\label{a}\label{b}\end{lemma}"),
        ("BP131", 2, "\\begin{lemma}\\label{a}\n\\uses{nothing}\\end{lemma}"),
        ("BP132", 3, "\\section{S}\\label{s}\n\\begin{lemma}\\label{a}\n\\uses{s}\\end{lemma}"),
        ("BP133", 2, "\\begin{lemma}\\label{a}\\uses{a}\n\\uses{a}\\end{lemma}"),
        ("BP134", 1, r"\begin{lemma}\label{a}\uses{ , }\end{lemma}"),
        ("BP135", 1, r"\begin{lemma}\label{a}\uses{a}\end{lemma}"),
        ("BP136", 1, r"\begin{lemma}\label{a}\uses{b}\end{lemma}\begin{lemma}\label{b}\uses{a}\end{lemma}"),
        ("BP141", 2, "\\begin{lemma}\\label{a}\\lean{X}\\end{lemma}\n\\begin{lemma}\\label{b}\\lean{X}\\end{lemma}"),
        ("BP142", 2, "\\begin{lemma}\\label{a}\\lean{X}\n\\lean{Y}\\end{lemma}"),
        ("BP151", 2, "\\begin{lemma}\\label{a}\\begin{itemize}\\item\n\\leanok\\end{itemize}\\end{lemma}"),
        ("BP152", 1, r"\leanok"),
        ("BP152", 1, r"\begin{remark}\leanok\end{remark}"),
        ("BP153", 1, r"\begin{proof}\proves{nothing}\end{proof}"),
        ("BP154", 1, r"\begin{remark}R\end{remark}\begin{proof}\leanok\end{proof}"),
        ("BP161", 2, "\\begin{lemma}\\label{a}\\end{lemma}\\begin{remark}R\\end{remark}\n\\begin{proof}P\\end{proof}"),
        ("BP162", 1, r"\begin{proof}P\end{proof}"),
        ("BP163", 1, r"\begin{lemma}\label{a}\end{lemma}\begin{proof}P\end{proof}\begin{proof}Q\end{proof}"),
        ("BP164", 1, r"\begin{lemma}\label{a}\end{lemma}\begin{lemma}\label{b}\end{lemma}\begin{proof}[of \ref{a}]P\end{proof}"),
        ("BP165", 2, "Some text\n\\begin{lemma}\\label{a}\\end{lemma}"),
        ("BP166", 2, "\\begin{lemma}\\label{a}\n\\begin{theorem}\\label{b}\\end{theorem}\\end{lemma}"),
        ("BP171", None, "no statements"),
    ],
)  # fmt: skip
def test_problem_is_found_where_it_is(read: Read, code: str, line: int | None, body: str) -> None:
    found = [problem for problem in report(read(body))["problems"] if problem["code"] == code]
    assert found, code
    assert found[0]["line"] == (1 if line is None else FIRST_LINE + line)
    assert found[0]["file"] == "web.tex"
    assert found[0]["severity"] in {"error", "warning", "info"}
    assert found[0]["message"].endswith((".", "?"))


@pytest.mark.parametrize(
    "text",
    [
        r"\{ {x}",
        "x % {\n",
        r"\verb|{|",
        r"$\left\{x\right.$",
        r"\iffalse { \fi x",
        "\\begin{verbatim}{\\end{verbatim}",
        r"\\{x}",
    ],
)
def test_a_brace_that_is_a_character_needs_no_partner(read: Read, text: str) -> None:
    book = read(f"\\begin{{lemma}}\\label{{a}}{text}\\end{{lemma}}")
    assert not [problem for problem in book.problems if problem.code == "BP117"]


def test_merged_marks_lose_nothing(read: Read) -> None:
    book = read(r"""\begin{lemma}\label{a}\end{lemma}\begin{lemma}\label{b}\end{lemma}
\begin{lemma}\label{c}\uses{a}\uses{b}\lean{X}\lean{Y}\end{lemma}\begin{proof}\uses{a}P\end{proof}\begin{proof}\uses{b}Q\end{proof}""")
    node = book.by_label["c"]
    assert node.uses == ("a", "b")
    assert node.lean == ("X", "Y")
    assert node.proof is not None
    assert node.proof.uses == ("a", "b")
    assert node.proof.tex == "P\n\nQ"


def test_a_lean_name_in_uses_is_recognised(read: Read) -> None:
    book = read(
        r"\begin{lemma}\label{a}\lean{Foo.bar}\end{lemma}\begin{lemma}\label{b}\uses{Foo.bar}\uses{lemma:aa}\end{lemma}"
    )
    messages = [problem.message for problem in book.problems if problem.code == "BP131"]
    assert "the Lean name of “a”" in messages[0]


def test_a_similar_label_is_suggested(read: Read) -> None:
    book = read(
        r"\begin{lemma}\label{lem:main-estimate}\end{lemma}\begin{lemma}\label{b}\uses{lem:main_estimate}\end{lemma}"
    )
    assert "did you mean “lem:main-estimate”?" in book.problems[0].message


def test_a_cycle_reads_as_a_path(read: Read) -> None:
    book = read("\n".join(f"\\begin{{lemma}}\\label{{{a}}}\\uses{{{b}}}\\end{{lemma}}" for a, b in ("ab", "bc", "ca")))
    [problem] = [each for each in report(book)["problems"] if each["code"] == "BP136"]
    path = "“a” (web.tex:10) rests on “b” (web.tex:11) rests on “c” (web.tex:12) rests on “a”"
    assert path in problem["message"]


def test_odd_encodings_are_read_and_reported(tmp_path: Path) -> None:
    for name, data in {
        "latin": "\n\\begin{lemma}\\label{a}é\\end{lemma}".encode("latin-1"),
        "utf16": "\n\\begin{lemma}\\label{a}é\\end{lemma}".encode("utf-16"),
        "bom": "\n\\begin{lemma}\\label{a}é\\end{lemma}".encode("utf-8-sig"),
        "crlf": "\r\n\\begin{lemma}\\label{a}é\\end{lemma}".encode(),
    }.items():
        (tmp_path / f"{name}.tex").write_bytes(data)
        book = read_blueprint(tmp_path / f"{name}.tex")
        assert book.nodes[0].tex == "é"
        assert book.nodes[0].place.line == 2
        assert [problem.code for problem in book.problems] == (["BP105"] if name in {"latin", "utf16"} else [])


def test_null_bytes_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_bytes(b"\n\\begin{lemma}\\label{a}\0\\end{lemma}")
    [problem] = read_blueprint(tmp_path / "a.tex").problems
    assert (problem.code, problem.place.line) == ("BP106", 2)


def test_a_folder_in_place_of_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(r"\input{inner}")
    (tmp_path / "inner.tex").mkdir()
    assert [problem.code for problem in read_blueprint(tmp_path).problems] == ["BP101", "BP171"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tex"
    secret.write_text(r"\begin{lemma}\label{stolen}\end{lemma}")
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "web.tex").write_text(r"\input{link}\input{../secret}")
    (folder / "link.tex").symlink_to(secret)
    book = read_blueprint(folder)
    assert book.nodes == ()
    assert [problem.code for problem in book.problems].count("BP102") == 2


def test_files_that_include_one_another_end(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(r"\input{a}\input{a}")
    for name, other in ("ab", "bc", "ca"):
        (tmp_path / f"{name}.tex").write_text(f"\\input{{{other}}}\\input{{{other}}}")
    codes = {problem.code for problem in read_blueprint(tmp_path).problems}
    assert "BP103" in codes


def test_files_that_multiply_end(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(r"\input{f0}")
    for level in range(30):
        (tmp_path / f"f{level}.tex").write_text(f"\\input{{f{level + 1}}}" * 2)
    (tmp_path / "f30.tex").write_text("x")
    assert "BP107" in {problem.code for problem in read_blueprint(tmp_path).problems}


def test_a_flood_of_problems_is_summed_up(read: Read) -> None:
    book = read(r"\begin{lemma}\end{lemma}" * 700)
    found = [problem for problem in book.problems if problem.code == "BP122"]
    assert len(found) == 501
    assert any("200 more problems" in problem.message for problem in found)
