"""A project that was there before its campaign: a file of over a thousand lines by hand, without a `module` header."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from coordinator.engine.demo import BOOK as DEMO

if TYPE_CHECKING:
    from pathlib import Path

BIG = "Arithmetic/Big.lean"
BESIDE = "Arithmetic/ByHand/Tools.lean"
NEW = "Arithmetic/Facts/Twice.lean"
"""Where a node goes that nobody has stated yet."""

BOOK = r"""\documentclass{article}
\begin{document}
\chapter{Facts}
\begin{theorem}\label{thm:swap}\lean{Arithmetic.Big.swap} $P \land Q$ gives $Q \land P$. \end{theorem}
\begin{proof} Swap them. \end{proof}
\begin{theorem}\label{thm:turn}\lean{Arithmetic.Big.turn}  The same for three.
\end{theorem}
\begin{proof}\uses{thm:swap} By \cref{thm:swap}. \end{proof}
\begin{theorem}\label{thm:left}\lean{Arithmetic.Big.left} $P \land Q$ gives $P$. \end{theorem}
\begin{proof} Clear. \end{proof}
\begin{theorem}\label{thm:twice}\lean{Arithmetic.twice}\uses{thm:swap} Swapping twice changes nothing. \end{theorem}
\begin{proof} By \cref{thm:swap}. \end{proof}
\end{document}
"""

_SWAP = "theorem swap {P Q : Prop} (h : And P Q) : And Q P :="
_TURN = "theorem turn {P Q R : Prop} (h : And P (And Q R)) : And (And Q R) P :="
_OPEN = f"""/-- Swaps. -/
{_SWAP}
  sorry

/-- Turns. -/
{_TURN}
  sorry
"""
_PROVED = f"""/-- Swaps. -/
{_SWAP}
  ⟨h.right, h.left⟩

/-- Turns. -/
{_TURN}
  swap h
"""
_TWICE = """prelude

import Arithmetic.Big

namespace Arithmetic

/-- Swapping twice changes nothing. -/
theorem twice {P Q : Prop} (h : And P Q) :
    And P Q :=
  Big.swap (Big.swap h)

end Arithmetic
"""


def big_file(*, finished: bool) -> str:
    """The big file: what nobody in the book asks for, some of it not for agents, with the nodes in its middle."""
    lemmas = [f"theorem kept_{at} {{P : Prop}} (h : P) : P :=\n  h\n" for at in range(340)]
    middle = [
        "/-- An axiom of their own, for a lemma of their own. -/\naxiom assumed {P : Prop} (h : Not (Not P)) : P\n",
        "theorem by_assumption {P : Prop} (h : Not (Not P)) : P :=\n  assumed h\n",
        "def Pair (P Q : Prop) : Prop :=\n  And P Q\n\nattribute [reducible] Pair\n",
        "set_option genCtorIdx false\n",
        "/-- A person has not come to it. -/\ntheorem later {P : Prop} (h : P) : P :=\n  sorry\n",
        "theorem left {P Q : Prop} (h : And P Q) : P :=\n  h.left\n",
        _PROVED if finished else _OPEN,
    ]
    body = "\n".join([*lemmas[:200], *middle, *lemmas[200:]])
    return f"prelude\n\nimport Arithmetic.Base.Foundation\n\nnamespace Arithmetic.Big\n\n{body}\nend Arithmetic.Big\n"


def write_project(folder: Path) -> Path:
    """The project as its people left it."""
    shutil.copytree(DEMO / "Arithmetic" / "Base", folder / "Arithmetic" / "Base")
    _write(folder, "blueprint/src/web.tex", BOOK)
    _write(folder, BIG, big_file(finished=False))
    _write(
        folder,
        BESIDE,
        "prelude\n\nimport Arithmetic.Big\n\ntheorem by_hand {P : Prop} (h : P) : P :=\n  Arithmetic.Big.kept_0 h\n",
    )
    return folder


def write_answers(folder: Path) -> Path:
    """The rehearsal's answers; returns its script."""
    _write(folder, BIG, big_file(finished=True))
    _write(folder, NEW, _TWICE)
    _write(folder, "rehearsal.yaml", "answers: .\n")
    return folder / "rehearsal.yaml"


def _write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")
