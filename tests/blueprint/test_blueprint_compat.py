from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blueprint import Blueprint, DependencyGraph
from blueprint.compat import MarkedStatus, as_leanblueprint_reads, colours_of, marked_statuses, paint

if TYPE_CHECKING:
    from collections.abc import Callable

PREAMBLE = r"""\documentclass{report}
\newtheorem{theorem}{Theorem}[chapter]
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{definition}[theorem]{Definition}
\newtheorem{dfn}[theorem]{Definition}
\newtheorem{remark}[theorem]{Remark}
\usepackage[thms=definition+dfn+lemma+theorem]{blueprint}
"""

BODY = r"""
\chapter{One}\label{ch:one}

\begin{definition}\label{d1}\lean{d1}\leanok A.\end{definition}

\begin{definition}\label{d2} B. \begin{equation}\label{eq:ind2}x=1\end{equation}\end{definition}

\begin{dfn}\label{df1}\leanok C.\end{dfn}

\begin{theorem}\label{t1}\uses{d1}\leanok A.\end{theorem}
\begin{proof}\leanok P.\end{proof}

\begin{theorem}\label{t2}\uses{d2}\leanok over unformalized definition.\end{theorem}
\begin{proof}\leanok P.\end{proof}

\begin{theorem}\label{t3}\uses{df1}\leanok over dfn.\end{theorem}
\begin{proof}\leanok P.\end{proof}

\begin{theorem}\label{m1}\mathlibok in mathlib, no proof.\end{theorem}

\begin{lemma}\label{l1}\uses{m1}\leanok above mathlib.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{n1}\notready Not ready.\end{lemma}

\begin{lemma}\label{n2}\notready\leanok Not ready but leanok.\end{lemma}
\begin{proof}\uses{d1}\end{proof}

\begin{lemma}\label{l2}\uses{n1}Over not ready.\end{lemma}
\begin{proof}\uses{d1}\end{proof}

\begin{lemma}\label{l3}\uses{d1}First. \uses{d2} second uses wins.\end{lemma}

\begin{lemma}\label{l4}\uses{absent,d1}unresolved.\end{lemma}

\begin{lemma}\label{l5}\uses{ch:one,d1}chapter.\end{lemma}
\begin{proof}P\end{proof}

\begin{lemma}\label{l6}\leanok\uses{eq:ind2}equation in definition.\end{lemma}
\begin{proof}\leanok P\end{proof}

\begin{lemma}\label{l7}\leanok\uses{rem}Remark used.\end{lemma}
\begin{proof}\leanok P\end{proof}

\begin{remark}\label{rem}\leanok R.\end{remark}

\begin{lemma}\label{l8}\leanok Remark between.\end{lemma}

\begin{remark} R.\end{remark}

\begin{proof}\leanok\uses{t1} P\end{proof}

\begin{lemma}\label{l9}\leanok Two proofs.\end{lemma}
\begin{proof}\leanok\uses{t1} P\end{proof}
\begin{proof}\uses{t2} P\end{proof}

\begin{lemma}\label{l10}Item. \begin{itemize}\item \leanok\uses{d1} A \item B\end{itemize}\end{lemma}

\begin{lemma}\label{l11}\leanok Proof inside. \begin{proof}\leanok P\end{proof}\end{lemma}

\begin{lemma}\label{l12}\leanok Proved far.\end{lemma}

\begin{lemma}\label{l13}\leanok Near.\end{lemma}
\begin{proof}\proves{l12}\leanok\end{proof}

Some text glued
\begin{lemma}\label{l14}\leanok Glued.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{l15}\leanok Titled.\end{lemma}

\begin{lemma}\label{l16}\leanok Near titled.\end{lemma}
\begin{proof}[Proof of Lemma \ref{l15}]\leanok\end{proof}

\begin{definition}\label{d3}\uses{d1}defined with proof.\end{definition}
\begin{proof}\leanok\uses{l16}\end{proof}

\begin{lemma}\label{l17}\leanok Bad proves.\end{lemma}
\begin{proof}\proves{absent}\leanok\end{proof}

\begin{lemma}\label{l18}\uses{d1}statement and proof.\end{lemma}
\begin{proof}\uses{d1,l17,d1}\end{proof}

\begin{lemma}\label{a1}\label{a2}\lean{x}\lean{y}\leanok\end{lemma}

\begin{lemma}\label{ua1}\uses{a1}\end{lemma}

\begin{lemma}\label{q1}\begin{equation}\label{eq:q}\leanok x\end{equation}\end{lemma}

\begin{lemma}\label{mp}\uses{d1}mathlibok in proof\end{lemma}
\begin{proof}\mathlibok\end{proof}

\section{New}
\begin{proof}\leanok\proves{q1}\end{proof}

\begin{proof}\leanok\end{proof}

"""

AS_LEANBLUEPRINT_SHOWS = {
    "d1": ("se..f..", "green", "#B0ECA3"),
    "d2": (".e..f..", "blue", "#A3D6FF"),
    "df1": ("se.....", "green", ""),
    "t1": ("sepdf..", "green", "#1CAC78"),
    "t2": ("s..df..", "green", "#1CAC78"),
    "t3": ("sepd...", "green", "#9CEC8B"),
    "m1": ("se...m.", "darkgreen", ""),
    "l1": ("sepd...", "green", "#9CEC8B"),
    "n1": ("......n", "#FFAA33", ""),
    "n2": ("s.p...n", "green", "#A3D6FF"),
    "l2": (".......", "", ""),
    "l3": (".......", "", ""),
    "l4": (".e.....", "blue", ""),
    "l5": (".......", "", ""),
    "l6": ("s..df..", "green", "#1CAC78"),
    "l7": ("sepd...", "green", "#9CEC8B"),
    "l8": ("se.....", "green", ""),
    "l9": ("sep....", "green", "#A3D6FF"),
    "l10": (".e.....", "blue", ""),
    "l11": ("se.....", "green", ""),
    "l12": ("sepdf..", "green", "#1CAC78"),
    "l13": ("se.....", "green", ""),
    "l14": ("sepdf..", "green", "#1CAC78"),
    "l15": ("se.....", "green", ""),
    "l16": ("sepdf..", "green", "#1CAC78"),
    "d3": (".epdf..", "blue", "#A3D6FF"),
    "l17": ("sepdf..", "green", "#1CAC78"),
    "l18": (".ep....", "blue", "#A3D6FF"),
    "a2": ("se.....", "green", ""),
    "ua1": (".e.....", "blue", ""),
    "q1": (".epdf..", "blue", "#1CAC78"),
    "mp": (".epdf..", "blue", "#1CAC78"),
}
"""What leanblueprint 0.0.20 makes of it, by label: letters as in `letters`, colour of the border, of the filling."""

EDGES = {
    ("a2", "ua1"): "statement",
    ("d1", "d3"): "statement",
    ("d1", "l18"): "statement+proof",
    ("d1", "l2"): "proof",
    ("d1", "l4"): "statement",
    ("d1", "l5"): "statement",
    ("d1", "mp"): "statement",
    ("d1", "n2"): "proof",
    ("d1", "t1"): "statement",
    ("d2", "l3"): "statement",
    ("d2", "t2"): "statement",
    ("df1", "t3"): "statement",
    ("l16", "d3"): "proof",
    ("l17", "l18"): "proof",
    ("m1", "l1"): "statement",
    ("n1", "l2"): "statement",
    ("t2", "l9"): "proof",
}


def letters(status: MarkedStatus) -> str:
    """One letter for each truth: stated, eligible to state, to prove, done, fully done, mathlib, not ready."""
    names = ("stated", "can_state", "can_prove", "proved", "fully_proved", "mathlib", "not_ready")
    return "".join(letter if getattr(status, name) else "." for letter, name in zip("sepdfmn", names, strict=True))


@pytest.fixture
def quirks(read: Callable[..., Blueprint]) -> Blueprint:
    return read(BODY, PREAMBLE)


def test_compat_is_leanblueprint_bug_for_bug(quirks: Blueprint) -> None:
    statuses = marked_statuses(DependencyGraph(quirks), compat=True)
    colours = colours_of(quirks)
    shown = {}
    for node in quirks.nodes:
        status = statuses[node.label]
        painted = paint(status, colours, is_definition=node.kind == "definition")
        shown[node.label] = (letters(status), painted.border, painted.fill)
    assert shown == AS_LEANBLUEPRINT_SHOWS


def test_compat_keeps_the_edges_leanblueprint_keeps(quirks: Blueprint) -> None:
    edges = DependencyGraph(as_leanblueprint_reads(quirks)).edges
    parts = {
        (edge.source, edge.target): "+".join(["statement"] * edge.in_statement + ["proof"] * edge.in_proof)
        for edge in edges
    }
    assert parts == EDGES
    assert as_leanblueprint_reads(quirks).by_label["a2"].lean == ("y",)


def test_without_compat_its_mistakes_are_gone(quirks: Blueprint) -> None:
    statuses = marked_statuses(DependencyGraph(quirks))
    assert letters(statuses["t2"]) == "s..d..."  # rests on a definition that nobody formalized
    assert letters(statuses["t3"]) == "sepdf.."  # a dfn is a definition
    assert letters(statuses["m1"]) == "se.dfm."  # what is in Mathlib is proved
    assert letters(statuses["l1"]) == "sepdf.."
    assert letters(statuses["l8"]) == "sepdf.."  # its proof is found across a remark
    assert letters(statuses["l10"]) == "se....."  # a mark in an item counts
    assert letters(statuses["l5"]) == ".ep...."  # a chapter keeps nothing from being stated
    assert letters(statuses["n2"]) == "s.p...n"
    assert letters(statuses["l3"]) == "......."  # both its \uses count
    assert letters(statuses["mp"]) == ".ep...."  # a proof is no proof of what is not stated


def test_a_book_without_oddities_is_read_alike(read: Callable[..., Blueprint]) -> None:
    book = read(r"\begin{lemma}\label{a}\uses{b}\leanok\end{lemma}\begin{proof}\leanok\end{proof}")
    assert as_leanblueprint_reads(book) is book


def test_a_circle_has_a_status_too(read: Callable[..., Blueprint]) -> None:
    book = read(r"\begin{lemma}\label{a}\uses{b}\leanok\end{lemma}\begin{lemma}\label{b}\uses{a}\leanok\end{lemma}")
    for compat in (False, True):
        statuses = marked_statuses(DependencyGraph(book), compat=compat)
        assert {letters(status) for status in statuses.values()} == {"se....."}


def test_colours_are_those_the_book_chooses(read: Callable[..., Blueprint]) -> None:
    book = read(r"\begin{lemma}\label{a}\leanok\end{lemma}", r"\graphcolor{stated}{teal}{Teal}")
    status = marked_statuses(DependencyGraph(book))["a"]
    assert paint(status, colours_of(book), is_definition=False).border == "teal"
