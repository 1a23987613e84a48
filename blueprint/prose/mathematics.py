"""Formulas as MathML Core, by the ``math-core`` library, within bounds that no formula of a book needs.

The library is written in Rust and recurses: deep input would end the process. So what may be nested is counted
before it is called, its expansions of macros among it, and what exceeds the bounds is shown as source.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from math_core import LatexError, LatexToMathML

from blueprint.prose.expansion import ExpansionError
from blueprint.prose.flow import escape
from blueprint.prose.formula import PRIME

if TYPE_CHECKING:
    from collections import Counter

    from blueprint.prose.expansion import Expander
    from blueprint.prose.facts import Facts, Question
    from blueprint.prose.formula import Preparation

HEAVIEST = 2_400
"""Commands and braces of one formula with all macros put in; the library fails at about twice as many, nested."""

_HEAVIEST_PLAIN = 1_200
_HEAVIEST_MACRO = 12
_MOST_EXPANSIONS = 100
_LONGEST = 60_000
_FAULTY_MACRO = re.compile(r"macro(\d+):")
_SAFE = re.compile(
    r"(?:[^<>]|<(?:/?(?:math|m[a-z]+|span|em|b|i|code|strong|annotation|semantics)"
    r'(?: (?!on|href|src|id|action)[a-z]+="[^"<>]*")*/?)>)*+'
)
_NUMBERED = re.compile(r"\s*\\begin\{(?:equation|align|gather|multline)\*?\}")
_TAG = re.compile(r"\\tag\*?\{[^{}]*\}")
_PRINTED = re.compile(r"<mtext>\([^<>]*\)</mtext>")
_NAME = re.compile(r"[A-Za-z]+")


def weight(tex: str) -> int:
    """Return how deep a formula could nest at worst."""
    return tex.count("\\") + tex.count("{")


def _move_tag(prepared: str) -> str:
    """Put the last number of an equation behind all else in it, where the library allows one; drop the others."""
    tags = _TAG.findall(prepared)
    ending = "\\end{equation*}"
    if not tags or not prepared.rstrip().endswith(ending):
        return prepared
    bare = _TAG.sub("", prepared).rstrip()
    return f"{bare[: -len(ending)]}{tags[-1]}{ending}"


class Formulas:
    """Writes the formulas of one book."""

    def __init__(self, preparation: Preparation, expander: Expander, unknown: Counter[str], facts: Facts) -> None:
        self._preparation = preparation
        self._expander = expander
        self._unknown = unknown
        self._facts = facts
        self._written: dict[tuple[str, bool], tuple[str | None, tuple[Question, ...]]] = {}
        self._plain = LatexToMathML(fancy_error=False, allow_unreliable_rendering=True, max_expansions=1)
        self._converter, taken = self._with_macros()
        left = sorted(set(expander.macros) - taken, key=len, reverse=True)
        names = "|".join(re.escape(name) + ("(?![A-Za-z@])" if name[-1:].isalpha() else "") for name in left)
        self._left = re.compile(rf"\\(?:{names})") if left else None

    def _with_macros(self) -> tuple[LatexToMathML, set[str]]:
        """Make a writer that knows the book's macros, but for those it refuses."""
        table = {
            name: self._preparation.prepare(macro.body)
            for name, macro in self._expander.macros.items()
            if macro.default is None and _NAME.fullmatch(name) and weight(macro.body) <= _HEAVIEST_MACRO
        }
        while True:
            try:
                converter = LatexToMathML(
                    macros=table, fancy_error=False, allow_unreliable_rendering=True, max_expansions=_MOST_EXPANSIONS
                )
            except LatexError as error:
                faulty = _FAULTY_MACRO.match(str(error))
                name = list(table)[int(faulty[1])] if faulty and int(faulty[1]) < len(table) else None
                if name is None:
                    table.clear()
                else:
                    del table[name]
            else:
                return converter, set(table)

    def write(self, tex: str, *, display: bool) -> str:
        """Return a formula as MathML; its source, marked, where it is not understood.

        Args:
            tex: what stands between the dollars, or a whole display environment.
            display: whether it stands on a line of its own.
        """
        key = (tex, display)
        written = self._written.get(key)
        if written is None:
            with self._facts.recorded() as asked:
                html = self._convert(tex, display=display)
            self._written[key] = (html, tuple(asked))
        else:
            html = written[0]
            self._facts.ask_again(written[1])
        if html is None:
            self._unknown["formula"] += 1
            return f'<code class="tex-raw tex-formula">{escape(tex.strip())}</code>'
        return html

    def attempt(self, tex: str) -> str | None:
        """Return a stretch of text as a formula; ``None`` where it is none."""
        return self._convert(tex, display=False)

    def _convert(self, tex: str, *, display: bool) -> str | None:
        if len(tex) > _LONGEST:
            return None
        if weight(tex) <= _HEAVIEST_PLAIN and not (self._left and self._left.search(tex)):
            html = self._call(self._converter, self._preparation.prepare(tex), display=display)
            if html is not None:
                return html
        try:
            expanded = self._expander.expand(tex)
        except ExpansionError:
            return None
        if weight(expanded) > HEAVIEST:
            return None
        prepared = self._preparation.prepare(expanded)
        return self._call(self._plain, prepared, display=display) if weight(prepared) <= HEAVIEST else None

    def _call(self, converter: LatexToMathML, prepared: str, *, display: bool) -> str | None:
        if display and "\\tag" in prepared and not _NUMBERED.match(prepared):
            prepared = f"\\begin{{equation*}}{prepared}\\end{{equation*}}"
        try:
            html = converter.convert_with_local_state(prepared, displaystyle=display)
        except LatexError:
            moved = _move_tag(prepared) if display else prepared
            return None if moved == prepared else self._call(converter, moved, display=display)
        if PRIME in "".join(_TAG.findall(prepared)):
            html = _PRINTED.sub(lambda match: match[0].replace(PRIME, "\u2032"), html)
        return html if _SAFE.fullmatch(html) else None
