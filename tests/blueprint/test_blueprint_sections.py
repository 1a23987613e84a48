from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint import Blueprint, DependencyGraph
from blueprint.compat import marked_statuses
from tests.blueprint.test_blueprint_compat import letters

if TYPE_CHECKING:
    from collections.abc import Callable

PREAMBLE = r"""\documentclass{report}
\newtheorem{theorem}{Theorem}[chapter]
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{definition}[theorem]{Definition}
\usepackage[dep_by=chapter]{blueprint}
"""

BODY = r"""
\begin{lemma}\label{front}\leanok Before any chapter.\end{lemma}
\begin{proof}\leanok\end{proof}

\chapter{One}\label{ch:one}

\begin{lemma}\label{open}\leanok Never proved.\end{lemma}

\begin{lemma}\label{above}\leanok\uses{open} A.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{early}\leanok\uses{late} Rests on a later chapter.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{guest}\leanok\uses{laterdef}\alsoIn{ch:two} In two graphs.\end{lemma}
\begin{proof}\uses{pending}\leanok\end{proof}

\begin{lemma}\label{guest2}\uses{guest}\alsoIn{ch:two} In two graphs, uses joined.\end{lemma}
\begin{proof}\uses{pending}\end{proof}

\begin{lemma}\label{guest3}\alsoIn{ch:two} No uses of its own.\end{lemma}
\begin{proof}\uses{pending}\end{proof}

\begin{lemma}\label{pending} Not stated.\end{lemma}

\chapter{Two}\label{ch:two}

\begin{definition}\label{laterdef}\leanok D.\end{definition}

\begin{lemma}\label{late}\leanok L.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{far}\leanok\uses{above} One step outside is proved, two steps not.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{far2}\leanok\uses{far} Higher.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{nearopen}\leanok\uses{open} One step outside is open.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{onguest}\leanok\uses{guest} On a guest.\end{lemma}
\begin{proof}\leanok\end{proof}

\begin{lemma}\label{onfront}\leanok\uses{front} On what is in no graph.\end{lemma}
\begin{proof}\leanok\end{proof}

\section{Inner}

\begin{lemma}\label{inner}\leanok\uses{late} In a section of a chapter.\end{lemma}
\begin{proof}\leanok\end{proof}

\part{Second}

\begin{lemma}\label{parted}\leanok In no chapter.\end{lemma}
\begin{proof}\leanok\end{proof}

\chapter{Three}

\begin{lemma}\label{last}\leanok\uses{parted, far2} Last.\end{lemma}
\begin{proof}\leanok\end{proof}

"""

AS_LEANBLUEPRINT_SHOWS = """
above sepd...
early sepd...
far sepdf..
far2 sepdf..
front s......
guest s..d...
guest2 .......
guest3 .e.....
inner sepdf..
last sepd...
late sepdf..
laterdef se..f..
nearopen sepd...
onfront sepd...
onguest sepd...
open se.....
parted s......
pending .e.....
"""
"""What leanblueprint 0.0.20 makes of it, by label, in the letters of the other tests of its status."""


def test_with_dep_by_each_chapter_has_a_graph_and_looks_one_step_outside(read: Callable[..., Blueprint]) -> None:
    book = read(BODY, PREAMBLE)
    assert [len(labels) for labels in book.sections or ()] == [7, 11, 1]
    assert "dep_by" not in book.settings
    statuses = marked_statuses(DependencyGraph(book), compat=True)
    told = sorted(f"{label} {letters(status)}" for label, status in statuses.items())
    assert told == AS_LEANBLUEPRINT_SHOWS.split("\n")[1:-1]


def test_dep_by_changes_nothing_where_mistakes_are_mended(read: Callable[..., Blueprint]) -> None:
    one = read(BODY, PREAMBLE.replace("[dep_by=chapter]", ""))
    assert one.sections is None
    assert marked_statuses(DependencyGraph(one)) == marked_statuses(DependencyGraph(read(BODY, PREAMBLE)))


def test_a_kind_of_section_that_the_book_has_not_makes_no_graph(read: Callable[..., Blueprint]) -> None:
    book = read(BODY, PREAMBLE.replace("dep_by=chapter", "dep_by=volume"))
    assert book.sections == ()
    assert not any(status.fully_proved for status in marked_statuses(DependencyGraph(book), compat=True).values())


def test_a_section_ends_with_its_chapter(read: Callable[..., Blueprint]) -> None:
    book = read(BODY, PREAMBLE.replace("dep_by=chapter", "dep_by=section"))
    assert book.sections == (("inner",),)
