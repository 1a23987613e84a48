"""Renderings that are kept: only what changed is written again, and nothing stale is ever shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, Chapter, Entry, ProseRenderer, Renderings

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., Blueprint]

BODY = r"""
\chapter{One}
\begin{lemma}\label{a} By $\R$ and \wobble. \end{lemma}
\begin{lemma}\label{b} See \cref{a} and $x \text{ by \cref{a}}$. \end{lemma}
\begin{proof} $x \text{ by \cref{a}}$ \end{proof}
\begin{lemma}\label{c} Nothing else. $\nonsense$ $\nonsense$ \end{lemma}
"""


def link(label: str) -> str:
    return f"#{label}"


def written(book: Blueprint, kept: Renderings | None, to: Callable[[str], str] = link) -> tuple[list[str], object]:
    renderer = ProseRenderer(book, to, lambda key: f"bib#{key}", kept)
    texts = [text for node in book.nodes for text in (renderer.statement(node), renderer.proof(node))]
    texts += [renderer.inline(node.title) for node in book.nodes]
    return texts, renderer.unknown


def made_by(book: Blueprint, kept: Renderings, to: Callable[[str], str] = link) -> int:
    """Write a book and return how many texts were not taken from the store."""
    before = kept.made
    assert written(book, kept, to) == written(book, None, to)
    return kept.made - before


def test_a_book_that_stays_the_same_is_not_written_again(read: Read) -> None:
    kept = Renderings()
    assert made_by(read(BODY), kept) == 5
    assert made_by(read(BODY), kept) == 0
    assert made_by(read("% a comment\n\n" + BODY), kept) == 0


def test_one_changed_line_writes_one_text_again(read: Read) -> None:
    kept = Renderings()
    made_by(read(BODY), kept)
    assert made_by(read(BODY.replace("Nothing else", "Something else")), kept) == 1


def test_what_a_text_refers_to_is_part_of_it(read: Read) -> None:
    kept = Renderings()
    made_by(read(BODY), kept)
    moved = BODY.replace(r"\begin{lemma}\label{a}", r"\begin{lemma}\label{new} New. \end{lemma} \begin{lemma}\label{a}")
    assert made_by(read(moved), kept) == 3  # the new lemma, and the statement and the proof that name Lemma 1.2
    assert made_by(read(moved), kept, lambda label: f"elsewhere#{label}") == 1  # the one with a link


def test_a_changed_macro_writes_all_again(read: Read) -> None:
    kept = Renderings()
    for times in (r"\newcommand{\R}{\mathbb{R}}", r"\newcommand{\R}{x}", r"\newcommand{\R}{x}\newcommand{\wobble}{y}"):
        assert made_by(read(times + BODY), kept) == 5
    assert made_by(read(r"\newcommand{\R}{\text{\ref{c}}}" + BODY), kept) == 5


def test_citations_and_pictures_are_asked_again(read: Read) -> None:
    kept = Renderings()
    book = read(r"\begin{lemma}\label{a} \cite{x} \end{lemma} \begin{lemma}\label{b} \includegraphics{p} \end{lemma}")
    made_by(book, kept)
    assert made_by(replace(book, bibliography={"x": Entry("X1", "")}), kept) == 1
    assert made_by(replace(book, bibliography={"x": Entry("", "")}), kept) == 1
    assert made_by(replace(book, pictures={"p": "p.png"}), kept) == 2


def test_the_store_keeps_within_its_bound_and_forgets_the_oldest() -> None:
    kept = Renderings(10_000)
    renderer = ProseRenderer(Blueprint("", (Chapter("", ""),), ()), link, kept=kept)
    for number in range(100):
        renderer.passage(f"Text {number}. " * 10)
    assert 0 < len(kept) < 25
    renderer.passage("Text 99. " * 10)
    assert kept.found == 1
    renderer.passage("Text 0. " * 10)
    assert kept.found == 1
    renderer.passage("long " * 10_000)
    assert 0 < len(kept) < 25


PIECES = [
    "word ", r"\cref{a} ", r"\ref{b} ", r"\eqref{e} ", r"$\m + \text{\ref{a}}$ ", r"\m ", r"\m{\cref{b}} ",
    r"\cite{k} ",
    r"\begin{equation}\label{e} x \end{equation} ", r"\begin{equation} y \end{equation} ", r"\footnote{\cref{a,b}} ",
    r"$\unknown$ ", r"\hyperref[b]{x} ", r"\includegraphics{p} ", r"\begin{remark}\label{b} z \end{remark} ", "\ud800",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
MACROS = st.sampled_from([(0, "m"), (0, r"\mathbb{R}"), (1, r"[#1]"), (0, r"\text{\ref{a}}"), (0, r"\m")])
EDITIONS = st.lists(
    st.tuples(st.lists(TEXTS, max_size=4), MACROS, st.sampled_from(["1", "2"]), st.sampled_from(["", "#x", "y#x"])),
    min_size=2,
    max_size=6,
)


@settings(deadline=None, max_examples=150)
@given(EDITIONS, st.sampled_from([0, 3_000, 1_000_000]))
def test_what_is_kept_never_differs_from_what_is_written_anew(
    editions: list[tuple[list[str], tuple[int, str], str, str]], bound: int
) -> None:
    kept = Renderings(bound)
    for texts, macro, number, address in editions:
        book = Blueprint(
            "", (Chapter("", "", "a"),), (), macros={"m": macro}, references={"a": number, "e": f"{number}.1"},
            words={"a": "Lemma", "e": "equation"}, aliases={"b": "b"} if address else {}, headings={"remark": "Remark"},
            bibliography={"k": Entry(number, "")} if address else {}, pictures={"p": "p.png"} if address else {},
        )  # fmt: skip

        def all_of(renderer: ProseRenderer, texts: list[str] = texts, number: str = number) -> list[str]:
            return [renderer.passage(text, (number,), number) + renderer.inline(text) for text in texts]

        def to(_: str, address: str = address) -> str:
            return address

        with_store, without = ProseRenderer(book, to, kept=kept), ProseRenderer(book, to)
        assert all_of(with_store) == all_of(without)
        assert with_store.unknown == without.unknown
