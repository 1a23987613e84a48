"""Bibliographies: the book's own, a .bbl, .bib files; within the folder and within bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, BlueprintReader, ProseRenderer, read_blueprint
from blueprint.latex.bibliography import parse_bbl
from blueprint.latex.bibtex import parse_bib, write_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Blueprint]

BIB = r"""
@comment{nothing} @string{ams = "Amer. Math. Soc."}
@article{tao, author = {Tao, Terence and Ben {Green and Co}}, title = "A {B}ook of 100\% {\"o}", journal = {J. Math.},
  volume = 3, number = {2}, pages = {1-20}, year = 2007, doi = {10.1/a_b}}
@book(euler, author = {Leonhard Euler and others}, title = {Elements}, publisher = ams # { Press}, year = {1770})
@misc{web, title = {A page}, url = {https://a.b/c_d%20e}, date = {2021-03-04}}
@article{broken, title = {never closed
"""
BBL = r"""\begin{thebibliography}{9}
\bibitem[Tao(2007)Tao, Green]{tao} % comment
Terence Tao. \newblock {\em A book}, 2007.
\bibitem{euler}
L. Euler.
\end{thebibliography}
"""
BIBER = r"""% $ biblatex auxiliary file $
\refsection{0}
  \datalist[entry]{nty/global//global/global}
    \entry{euler}{book}{}
      \name{author}{1}{}{%
        {{hash=1}{%
           family={Euler},
           familyi={E\bibinitperiod},
           given={Leonhard\bibnamedelima Paul},
           giveni={L\bibinitperiod}}}%
      }
      \list{publisher}{1}{%
        {Springer}%
      }
      \field{sortinit}{E}
      \field{title}{Elements}
      \field{year}{1770}
    \endentry
    \entry{tao}{article}{}
      \name{author}{2}{ul=2}{%
        {{un=0,hash=2}{%
           prefix={de},
           family={Tao},
           given={Terence}}}%
        {{hash=3}{family={Green}, given={Ben}}}%
      }
      \field{labelalpha}{TG07}
      \field{extraalpha}{2}
      \field{journaltitle}{J. Math.}
      \field{title}{A {B}ook}
      \field{year}{2007}
      \field{pages}{1\bibrangedash 20}
      \verb{doi}
      \verb 10.1/a_b
      \endverb
    \endentry
  \enddatalist
\endrefsection
"""
ITEM = r"\begin{lemma}\label{l} By \cite[Thm 2]{tao, euler} and \cite{nobody}. \end{lemma}"


def cited(book: Blueprint) -> str:
    return ProseRenderer(book, lambda _: "", lambda key: f"bib.html#{key}").statement(book.nodes[0])


def test_without_a_bibliography_keys_stand_in_brackets(read: Read) -> None:
    book = read(ITEM + r"\bibliography{gone}")
    assert book.bibliography == {}
    assert '<span class="citation">[tao, euler, Thm 2]</span>' in cited(book)


def test_a_bbl_beside_the_root_is_read(read: Read, tmp_path: Path) -> None:
    (tmp_path / "web.bbl").write_text(BBL, encoding="utf-8")
    book = read(ITEM)
    assert [(key, entry.mark) for key, entry in book.bibliography.items()] == [("tao", "Tao 2007"), ("euler", "2")]
    assert book.bibliography["tao"].tex == r"Terence Tao. \newblock {\em A book}, 2007."
    assert book.files == ("web.tex", "web.bbl")
    assert (
        '<span class="citation">[<a class="reference" href="bib.html#tao">Tao 2007</a>, '
        '<a class="reference" href="bib.html#euler">2</a>, Thm 2]</span> and <span class="citation">[nobody]</span>'
    ) in cited(book)


def test_a_bbl_of_biber_is_read(read: Read, tmp_path: Path) -> None:
    (tmp_path / "web.bbl").write_text(BIBER, encoding="utf-8")
    book = read(ITEM)
    assert {key: entry.mark for key, entry in book.bibliography.items()} == {"euler": "1", "tao": "TG07b"}
    writer = ProseRenderer(book, lambda _: "")
    assert (
        writer.passage(book.bibliography["euler"].tex)
        == "<p>Leonhard Paul\u00a0Euler. <em>Elements</em>. Springer, 1770.</p>"
    )
    assert writer.passage(book.bibliography["tao"].tex) == (
        "<p>Terence\u00a0de Tao and Ben\u00a0Green. A Book. <em>J. Math.</em>, pp. 1\u201320, 2007. "
        '<a class="external" href="https://doi.org/10.1/a_b">doi:10.1/a_b</a>.</p>'
    )
    assert writer.unknown == {}


def test_the_books_own_bibliography_leaves_the_text(read: Read) -> None:
    book = read(ITEM + "Prose. " + BBL)
    assert list(book.bibliography) == ["tao", "euler"]
    assert [passage.tex for passage in book.passages if passage.tex] == ["Prose."]


def test_bib_files_are_read_and_what_is_cited_is_shown(read: Read, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BIB, encoding="utf-8")
    book = read(ITEM + r"\bibliography{gone,refs}")
    assert [(key, entry.mark) for key, entry in book.bibliography.items()] == [("euler", "1"), ("tao", "2")]
    writer = ProseRenderer(book, lambda _: "")
    assert writer.passage(book.bibliography["tao"].tex) == (
        "<p>Terence\u00a0Tao and Ben\u00a0Green and Co. A Book of 100% ö. <em>J. Math.</em> 3(2), pp. 1\u201320, 2007. "
        '<a class="external" href="https://doi.org/10.1/a_b">doi:10.1/a_b</a>.</p>'
    )  # fmt: skip
    assert writer.unknown == {}
    everything = read(ITEM + r"\nocite{*}\addbibresource{refs.bib}")
    assert set(everything.bibliography) == {"euler", "tao", "web"}
    assert everything.bibliography["web"].tex == r"\emph{A page}. 2021. \url{https://a.b/c_d%20e}."
    assert (
        everything.bibliography["euler"].tex == r"Leonhard~Euler et al. \emph{Elements}. Amer. Math. Soc. Press, 1770."
    )


def test_nothing_outside_the_folder_is_cited(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    (tmp_path / "refs.bib").write_text(BIB, encoding="utf-8")
    (folder / "web.bbl").symlink_to(tmp_path / "refs.bib")
    (folder / "web.tex").write_text(ITEM + r"\bibliography{../refs}\bibliography{/etc/hostname}", encoding="utf-8")
    assert read_blueprint(folder).bibliography == {}


def test_a_changed_bibliography_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(ITEM, encoding="utf-8")
    reader = BlueprintReader(tmp_path)
    assert reader.read().bibliography == {}
    (tmp_path / "web.bbl").write_text(BBL, encoding="utf-8")
    assert len(reader.read().bibliography) == 2
    (tmp_path / "web.bbl").write_text(BBL.replace("L. Euler", "Leonhard Euler"), encoding="utf-8")
    assert reader.read().bibliography["euler"].tex == "Leonhard Euler."


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet='@{}()",=#ab \n\\%1')
    | st.sampled_from([BIB, BBL, BIBER]).flatmap(lambda text: st.integers(0, len(text)).map(lambda end: text[:end]))
)
def test_any_bibliography_is_answered(text: str) -> None:
    for record in parse_bib(text).values():
        assert isinstance(write_record(record), str)
    assert isinstance(parse_bbl(text), dict)


@pytest.mark.parametrize(
    "piece",
    [
        "@a{b,",
        "@a{b,c={",
        '@a{b,c="',
        "@a{b,c=d#",
        "{",
        "\\bibitem{",
        "\\bibitem[",
        "@string{a=b#",
        " and ",
        r"\entry{",
        r"\entry{a}{b}",
        r"\entry{a}{b}\name{author}{1}{}{{",
        r"\verb{a}\verb ",
        r"\entry{a}{b}\field{a}{\endentry",
    ],
)
def test_long_bibliographies_end_soon(piece: str) -> None:
    start = time.process_time()
    for record in parse_bib(piece * (60_000 // len(piece))).values():
        write_record(record)
    parse_bbl(piece * (60_000 // len(piece)))
    assert time.process_time() - start < 5


def test_pictures_in_the_folder_are_named_and_others_missed(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a<b.png").write_bytes(b"")
    figure = r"\begin{figure}\includegraphics[width=2cm]{a<b}\caption{One}\end{figure}\includegraphics{../x.png}"
    book = read(r"\begin{lemma}\label{l} " + figure + r"\end{lemma}")
    assert book.pictures == {"a<b": "a<b.png"}
    writer = ProseRenderer(book, lambda _: "")
    html = writer.statement(book.nodes[0])
    assert (
        '<figure><p><span class="picture">[picture: a&lt;b.png]</span></p>\n<figcaption>One</figcaption></figure>'
        in html
    )
    assert '<span class="tex-raw">[missing picture: ../x.png]</span>' in html
    assert writer.unknown == {"\\includegraphics": 1}


def test_pictures_are_found_where_the_book_says(read: Read, tmp_path: Path) -> None:
    for name in ("figures/one.png", "img/two.pdf", "three.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    text = r"\includegraphics{one}\includegraphics{two.pdf}\includegraphics{three}\includegraphics{four}"
    book = read(r"\graphicspath{{figures/} {./img/}{../}}\begin{lemma}\label{l} " + text + r"\end{lemma}")
    assert book.pictures == {"one": "figures/one.png", "two.pdf": "img/two.pdf", "three": "three.svg"}
