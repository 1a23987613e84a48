"""What definitions define: terms and symbols, to the definition that stands behind them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.draft.words import MATHEMATICS, stem, words_of
from blueprint.latex.names import name_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint.book import Blueprint
    from blueprint.node import Node

_EMPHASIS = "emph|textit|textbf|textsl|defn|define|defined|dfn|Dfn|term|newterm|defterm|textdef|alert|strong"
_MARKED_GROUP = re.compile(r"\{\s*\\(?:em|it|itshape|bf|bfseries|sl|slshape)\s+([^{}]{2,80})\}")
_EMPHASISES = re.compile(r"\\(?:emph|textit|textbf|textsl)\s*\{[^{}]*#1")
_WRITTEN = re.compile(r"(?:\b(?:written|write|writes|denoted?|denotes|denoted by|notation)\b[^.$\\]{0,30}|\})\s*$")
_SYMBOL = re.compile(r"\\[A-Za-z]+|[+*<>|!]")
_MOST_WORDS = 5
_SHORTEST = 3
_LONGEST_TITLE = 8
_SHORT_TITLE = 2
_COMMON = name_set("""
    a all an and any at both but by case cases each either equal every exactly false finite first for from
    function general given has have if iff in is it left less let map more much neither never no none nor not
    number object of on one only or order other our per point right same second set simple some such that the
    then there they third this three true two type unique value we when where which with zero remark note
    notation proof conversely moreover necessarily nicht oder und nur genau
""")
_LAYOUT = name_set("""
    frac dfrac tfrac left right big Big bigg Bigg bigl bigr Bigl Bigr middle text textrm textit textbf mathrm
    mathbf mathit mathsf mathbb mathcal mathscr mathfrak operatorname quad qquad begin end label tag ref eqref
    colon cdots ldots dots vdots ddots limits nolimits displaystyle textstyle hspace vspace hfill phantom
    vphantom mid in notin forall exists to mapsto infty leq geq le ge lt gt neq ne eq sum prod int lim sup inf
    max min log exp sin cos tan alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu
    nu xi pi rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi
    Psi Omega overline underline hat tilde bar vec dot prime ell item sqrt partial nabla emptyset varnothing
    subset subseteq supset cup cap setminus times
""")
_EARNED = name_set("""
    le ge leq geq lt gt neq ne mid
""")
"""Relations that a book may well define: of those of the layout they count where the definition says “written”."""


_BY = name_set("""
    by using via from per nach mit par con por
""")
"""Words that a title of one word is named by."""


class Titles:
    """Titles of the statements so far that are no definitions; one that two statements share names neither."""

    def __init__(self) -> None:
        self._titles: dict[tuple[str, ...], str | None] = {}
        self._longest = 0

    def read(self, node: Node) -> None:
        """Take in the title of a node."""
        title = tuple(stem(word) for word in words_of(node.title))
        if not node.is_definition and 1 <= len(title) <= _LONGEST_TITLE and "" not in title:
            self._titles[title] = None if title in self._titles else node.label
            self._longest = max(self._longest, len(title))

    def uses(self, tex: str) -> Iterator[tuple[str, str]]:
        """Yield what a proof calls by its title: the label and the words; a short title only behind “by”."""
        words = words_of(tex)
        stems = [stem(word) for word in words]
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                label = self._titles.get(tuple(stems[at : at + length]))
                if label is not None and (length > _SHORT_TITLE or self._is_called(stems, at)):
                    yield label, " ".join(words[at : at + length])
                    at += length - 1
                    break
            at += 1

    @staticmethod
    def _is_called(stems: list[str], at: int) -> bool:
        before = [word for word in stems[max(0, at - 2) : at] if word != "the"]
        return bool(before) and before[-1] in _BY


class Glossary:
    """Terms and symbols defined so far; the last definition of a term counts."""

    def __init__(self, book: Blueprint) -> None:
        own = [
            re.escape(name) for name, (count, body) in book.macros.items() if count == 1 and _EMPHASISES.search(body)
        ]
        names = "|".join([_EMPHASIS, *own])
        self._marked = re.compile(rf"\\(?:{names})\s*\{{([^{{}}]{{2,80}})\}}")
        self._terms: dict[tuple[str, ...], tuple[str, str]] = {}
        self._longest = 0
        self._symbols: dict[str, str] = {}
        self._seen: set[str] = set()

    def uses(self, tex: str) -> Iterator[tuple[str, str]]:
        """Yield the defined terms in a text: the definition's label and the words as written; longest terms only."""
        words = words_of(tex)
        stems = [stem(word) for word in words]
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                found = self._terms.get(tuple(stems[at : at + length]))
                if found is not None:
                    yield found[0], " ".join(words[at : at + length])
                    at += length - 1
                    break
            at += 1

    def symbols(self, tex: str) -> Iterator[tuple[str, str]]:
        """Yield the defined symbols in the formulas of a text: the definition's label and the symbol."""
        for symbol in dict.fromkeys(_symbols_of(tex)):
            if symbol in self._symbols:
                yield self._symbols[symbol], symbol

    def read(self, node: Node) -> None:
        """Take in what a node defines, if it is a definition, and which symbols it has."""
        symbols = set(_symbols_of(node.tex))
        if node.is_definition:
            for term in self._terms_of(node):
                self._terms[term] = (node.label, " ".join(term))
                self._longest = max(self._longest, len(term))
            self._symbols |= {symbol: node.label for symbol in _written(node.tex) if symbol not in self._seen}
        self._seen |= symbols

    def _terms_of(self, node: Node) -> Iterator[tuple[str, ...]]:
        marked = [match[1] for match in self._marked.finditer(node.tex)]
        marked += [match[1] for match in _MARKED_GROUP.finditer(node.tex)]
        for text in [node.title, *marked]:
            words = words_of(text)
            term = tuple(stem(word) for word in words)
            if not 1 <= len(term) <= _MOST_WORDS or "" in term:
                continue
            if all(word in _COMMON or len(word) < _SHORTEST or word.isdigit() for word in term):
                continue
            yield term


def _symbols_of(tex: str) -> Iterator[str]:
    for match in _formulas(tex):
        yield from _SYMBOL.findall(match[0])


def _formulas(tex: str) -> Iterator[re.Match[str]]:
    return (match for match in MATHEMATICS.finditer(tex) if match[0][0] == "$" or match[0][:2] in {"\\(", "\\["})


def _written(tex: str) -> Iterator[str]:
    r"""Yield the symbols of formulas that a definition introduces with “written” or behind its term."""
    for match in _formulas(tex):
        if not _WRITTEN.search(tex[max(0, match.start() - 60) : match.start()]):
            continue
        for symbol in _SYMBOL.findall(match[0]):
            name = symbol.removeprefix("\\")
            if name not in _LAYOUT or name in _EARNED:
                yield symbol
