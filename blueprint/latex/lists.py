"""How the items of a numbered list print: LaTeX's defaults and the labels that ``enumitem`` lets authors give."""

from __future__ import annotations

import re

from blueprint.latex.counters import write_number
from blueprint.latex.theorems import parse_options

DEFAULTS = (r"\arabic*.", r"(\alph*)", r"\roman*.", r"\Alph*.")
"""Labels of the four levels."""

LISTS = frozenset(
    {"itemize", "enumerate", "description", "compactenum", "compactitem", "enumerate*", "itemize*"}
    | {"inparaenum", "asparaenum", "inparaitem", "asparaitem"}
)
"""List environments."""

_STYLE = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*(?:\*|\{[^{}]*\})")
_SHORT = re.compile(r"[1aAiI]")
_SHORT_STYLES = {"1": r"\arabic*", "a": r"\alph*", "A": r"\Alph*", "i": r"\roman*", "I": r"\Roman*"}
_LONGEST_SHORT = 12
_RESUMING = frozenset({"resume", "resume*"})


def item_template(option: str, level: int) -> str:
    r"""Return the template of a list's labels.

    Args:
        option: what stands in brackets behind ``\begin{enumerate}``.
        level: how many numbered lists it stands in, from 0.
    """
    keys = parse_options(option)
    if keys.get("label"):
        return keys["label"]
    short = option.strip().strip("{}")
    if short and short not in _RESUMING and "=" not in short and len(short) <= _LONGEST_SHORT and _SHORT.search(short):
        return _SHORT.sub(lambda match: _SHORT_STYLES[match[0]], short, count=1)
    return DEFAULTS[min(level, len(DEFAULTS) - 1)]


def item_start(option: str, last: int = 0) -> int:
    r"""Return the number of a list's first item, which ``start=`` sets.

    Args:
        option: what stands in brackets behind ``\begin{enumerate}``; with ``resume`` in it, counting goes on.
        last: the number of the last item of the list before at the same level, in the same statement or proof.
    """
    options = parse_options(option)
    start = options.get("start", str(last + 1) if _RESUMING & options.keys() else "1")
    return int(start) if start.isdecimal() and len(start) < 6 else 1  # noqa: PLR2004 - no list is that long


def write_item(template: str, number: int) -> str:
    """Return an item's label."""
    return _STYLE.sub(lambda match: write_number(number, match[1]), template)
