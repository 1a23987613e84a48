r"""Mentions of other statements in a text: ``\ref`` and its kin, printed numbers, “the previous lemma”."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.kinds import ABBREVIATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blueprint.book import Blueprint
    from blueprint.draft.proposal import Rule
    from blueprint.node import Node

_REFERENCE = re.compile(
    r"\\([A-Za-z]*[rR]ef(?:range)?)\*?\s*(?:\[([^\[\]{}]*+)\])?(?:\s*\{([^{}]*+)\})?(?:\s*\{([^{}]*+)\})?"
)
_CITATION = re.compile(r"\\[A-Za-z]*cite[A-Za-z]*\*?\s*(?:\[[^\[\]]*+\]\s*)*+\{[^{}]*+\}")
_CITED = "\0"
_VERBATIM = re.compile(
    r"\\begin\{(verbatim|lstlisting|minted)\}[^\0]{0,4000}?\\end\{\1\}|\\verb\*?([^A-Za-z\s])[^\n]{0,200}?\2"
)
_NUMBER = r"(?:[A-Z]{1,4}|\d+)(?:\.\d+)*(?!\w|\.\d)"
_BLANK = r"(?:\s|~|\\[ ,;])"
_AND = "and|or|to|und|oder|bis|et|ou|y|e|o|en|og|och|i"
_BETWEEN = rf"{_BLANK}*(?:,|\\?&|--?|\u2013|{_BLANK}(?:{_AND}){_BLANK}){_BLANK}*"
_LISTED = re.compile(rf"({_NUMBER})|\(({_NUMBER})\)")
_ELSEWHERE = re.compile(
    rf"{_BLANK}*(?:\([^()]*\))?{_BLANK}*(?:,{_BLANK}*)?(?:of|in|from|von|aus|in|de|dans|di|da)?{_BLANK}*{_CITED}"
)
_CITED_BEFORE = re.compile(rf"{_CITED}[,;:]?{_BLANK}*$")
_SHORT = {short: word.lower() for short, word in ABBREVIATIONS.items()} | {"def": "definition", "th": "theorem"}
_PLURALS = {"corollaries": "corollary", "lemmata": "lemma", "sätze": "satz", "corollaires": "corollaire"}
_EQUATIONS = re.compile(
    rf"\b(?:[Ee]quations?|[Ee]qs?\.?|[Ff]ormulae?|[Ff]ormulas|[Ii]nequality|[Ii]dentity|Gleichung(?:en)?){_BLANK}+"
    rf"(\({_NUMBER}\)(?:{_BETWEEN}\({_NUMBER}\))*)"
)
_WRAPS = re.compile(r"\\[A-Za-z]*[rR]ef\*?\s*\{\s*#1\s*\}")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in a text that speaks of another node.

    Attributes:
        source: the node's label.
        rule: how it speaks of it.
        spelled: the words in question, as they stand in the text.
        is_explicit: whether it names that very node, so that it may stand later in the book.
        what: what is named, where it is not the node itself, such as ``the equation eq:sum in``.
    """

    source: str
    rule: Rule
    spelled: str
    is_explicit: bool = True
    what: str = ""


class MentionFinder:
    """Finds mentions in the texts of one book."""

    def __init__(self, book: Blueprint) -> None:
        self.book = book
        self._numbers = _numbered(book.nodes)
        self._equations = {
            book.references[label]: (label, node)
            for label, node in reversed(list(book.containers.items()))
            if book.words.get(label) == "equation" and book.references.get(label)
        }
        words = {node.heading.lower() for node in book.nodes if node.heading}
        self._words = words
        forms = sorted(words | set(_SHORT) | set(_PLURALS), key=len, reverse=True)
        kinds = "|".join(re.escape(form) for form in forms)
        self._textual = re.compile(
            rf"(?<![\w\\])({kinds})(?:s|en)?\.?{_BLANK}+(\(?{_NUMBER}\)?(?:{_BETWEEN}\(?{_NUMBER}\)?)*)", re.IGNORECASE
        )
        self._relative = re.compile(
            rf"(?<![\w\\])(?:preceding|previous|foregoing|last|vorige[nrms]?|vorhergehende[nrms]?|précédente?){_BLANK}+({kinds})(?!\w)"
            rf"|(?<![\w\\])({kinds}){_BLANK}+(?:précédente?|precedente)(?!\w)",
            re.IGNORECASE,
        )
        wrappers = [
            re.escape(name) for name, (count, body) in book.macros.items() if count == 1 and _WRAPS.search(body)
        ]
        self._wrappers = re.compile(rf"\\({'|'.join(wrappers)})\s*\{{([^{{}}]*+)\}}") if wrappers else None

    def find(self, tex: str, before: Sequence[Node]) -> Iterator[Mention]:
        """Yield the mentions in a text, references first.

        Args:
            tex: the text.
            before: the nodes before it in the book, nearest last.
        """
        tex = _VERBATIM.sub(" ", tex)
        yield from self._references(tex)
        plain = _CITATION.sub(_CITED, tex)
        yield from self._printed(plain)
        yield from self._relatives(plain, before)

    def _references(self, tex: str) -> Iterator[Mention]:
        found = [(match.start(), match) for match in _REFERENCE.finditer(tex)]
        if self._wrappers:
            found += [(match.start(), match) for match in self._wrappers.finditer(tex)]
            found.sort(key=lambda each: each[0])
        for _, match in found:
            for text in match.groups()[1:]:
                for name in (text or "").split(","):
                    label = " ".join(name.split())
                    yield from self._labelled(label, f"\\{match[1]}{{{label}}}")

    def _labelled(self, label: str, spelled: str) -> Iterator[Mention]:
        node = self.book.aliases.get(label)
        if node is not None:
            yield Mention(node, "reference", spelled)
        elif label in self.book.containers:
            what = f"{self.book.words.get(label, 'a part')} {label} of"
            yield Mention(self.book.containers[label], "reference", spelled, what=what)

    def _printed(self, tex: str) -> Iterator[Mention]:
        for match in self._textual.finditer(tex):
            if _is_elsewhere(tex, match):
                continue
            word = match[1].lower()
            heading = _PLURALS.get(word) or (word if word in self._words else _SHORT.get(word, word))
            for number in _LISTED.finditer(match[2]):
                printed = number[1] or number[2]
                label = self._numbers.get((heading, printed))
                if label is not None:
                    yield Mention(label, "number", f"{match[1]} {printed}")
        for match in _EQUATIONS.finditer(tex):
            if _is_elsewhere(tex, match):
                continue
            for number in _LISTED.finditer(match[1]):
                if number[2] in self._equations:
                    label, node = self._equations[number[2]]
                    yield Mention(node, "number", f"({number[2]})", what=f"equation {label} of")

    def _relatives(self, tex: str, before: Sequence[Node]) -> Iterator[Mention]:
        for match in self._relative.finditer(tex):
            word = (match[1] or match[2]).lower()
            node = next((node for node in reversed(before[-50:]) if node.heading.lower() == word), None)
            if node is not None:
                yield Mention(node.label, "order", match[0], is_explicit=False)


def _is_elsewhere(tex: str, match: re.Match[str]) -> bool:
    """Whether a number is one of another work, which is cited beside it."""
    if _ELSEWHERE.match(tex, match.end()):
        return True
    return _CITED_BEFORE.search(tex[max(0, match.start() - 20) : match.start()]) is not None


def _numbered(nodes: Sequence[Node]) -> Mapping[tuple[str, str], str]:
    """Return labels by heading and number, those that two nodes share left out."""
    found: dict[tuple[str, str], str] = {}
    doubled = set()
    for node in nodes:
        key = (node.heading.lower(), node.number)
        if key in found:
            doubled.add(key)
        if node.number:
            found[key] = node.label
    return {key: label for key, label in found.items() if key not in doubled}
