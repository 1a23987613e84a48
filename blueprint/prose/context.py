"""What all writers of one book share, and the notes that one piece of text collects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blueprint.prose.expansion import LONGEST, MOST_EXPANSIONS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from blueprint.prose.expansion import Expander
    from blueprint.prose.facts import Facts
    from blueprint.prose.mathematics import Formulas
    from blueprint.prose.references import References


_LEAST_FORMULAS = 1_000_000
_FORMULA_RATIO = 40
# HTML of formulas is some five times as long as its source; far more is a macro that explodes.


@dataclass(frozen=True, slots=True)
class Context:
    """The book, as its writers see it.

    Attributes:
        references: what labels print.
        formulas: writes mathematics.
        expander: the book's macros.
        headings: theorem-like environments to the word they print.
        unknown: what was shown as source because it was not understood, and how often.
        facts: what else the book is asked.
    """

    references: References
    formulas: Formulas
    expander: Expander
    headings: Mapping[str, str]
    unknown: Counter[str]
    facts: Facts


@dataclass(slots=True)
class Sheet:
    """One piece of text being written: its footnotes, and how many more macros it may expand.

    Attributes:
        key: a short digest of the text and its place, which keeps the ids of footnotes apart on a page.
        notes: footnotes as HTML.
        reserved: indices of those of which only the mark was written so far.
        expansions: macros that may still be expanded.
        growth: characters that macros may still add to the text.
        formulas: characters of HTML that formulas may still take.
        lists: numbered lists that are open.
        counts: levels of numbered lists to the number of the last item there.
        equations: numbers still to be printed by rows of displays that have neither label nor tag, the last one first.
    """

    key: str
    notes: list[str] = field(default_factory=list)
    reserved: list[int] = field(default_factory=list)
    expansions: int = MOST_EXPANSIONS
    growth: int = LONGEST
    formulas: int = _LEAST_FORMULAS
    lists: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    equations: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tex: str, place: str = "", equations: Sequence[str] = ()) -> Sheet:
        """Begin a sheet for a text, which stands in some place of the book and has some rows with numbers only."""
        key = hashlib.blake2b(f"{place}\n{tex}".encode("utf-8", "replace"), digest_size=4).hexdigest()
        return cls(key, formulas=_LEAST_FORMULAS + _FORMULA_RATIO * len(tex), equations=list(reversed(equations)))

    def add_note(self, html: str) -> str:
        """Add a footnote; return the mark that leads to it."""
        self.notes.append(html)
        number = len(self.notes)
        anchor = f"{self.key}-{number}"
        return f'<sup class="footnote-mark"><a id="mark-{anchor}" href="#note-{anchor}">{number}</a></sup>'

    def reserve_note(self) -> str:
        """Return the mark of a footnote whose text is yet to come."""
        self.reserved.append(len(self.notes))
        return self.add_note("")

    def fill_note(self, html: str) -> None:
        """Give the first footnote that has none its text."""
        self.notes[self.reserved.pop(0)] = html

    def notes_html(self) -> str:
        """Return the footnotes as a list; empty where there are none."""
        if not self.notes:
            return ""
        items = "".join(
            f'<li id="note-{self.key}-{number}">{note} <a href="#mark-{self.key}-{number}">↩</a></li>'
            for number, note in enumerate(self.notes, 1)
        )
        return f'\n<ol class="footnotes">{items}</ol>'
