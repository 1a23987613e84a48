"""The catalogue of problems: what each code means, an example of it, what leanblueprint does there, and the remedy.

Its source is ``problems.toml`` beside this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.errors import UnknownCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.problem import Severity

PREAMBLE = r"""\documentclass{article}
\usepackage{amsthm}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{remark}[theorem]{Remark}
"""
"""What stands before the body of every example."""

_GROUPS = {
    "BP10": "Files",
    "BP11": "Environments and arguments",
    "BP12": "Labels",
    "BP13": "Dependencies",
    "BP14": "Lean names",
    "BP15": "Marks",
    "BP16": "Proofs",
    "BP17": "The book",
}

_INTRODUCTION = f"""\
# Problems

What `blueprover check` reports, code by code; `blueprover check --explain CODE` prints the same. The codes in a table:
[Problem codes](blueprints.md#problem-codes). Of each example exactly this code is reported; it is the body of a file
`web.tex`, between this preamble with `\\begin{{document}}` and an `\\end{{document}}`:

```latex
{PREAMBLE.rstrip()}
```
"""


@dataclass(frozen=True, slots=True)
class Entry:
    r"""What is to be said of one code.

    Attributes:
        code: such as ``BP131``.
        title: a few words, Markdown.
        severity: how bad it is.
        meaning: what it is, Markdown.
        leanblueprint: what leanblueprint and LaTeX do in such a case, Markdown.
        fix: the remedy in one line, Markdown.
        example: the body of a book that has exactly this problem.
        files: other files of the example, by name.
        setup: what must be done to the files that text cannot show; mostly empty.
    """

    code: str
    title: str
    severity: Severity
    meaning: str
    leanblueprint: str
    fix: str
    example: str
    files: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""

    @property
    def name(self) -> str:
        """The title without Markdown."""
        return self.title.replace("`", "")


@cache
def catalogue() -> Mapping[str, Entry]:
    """Return all entries by code, in the order of the codes."""
    import tomllib  # noqa: PLC0415 - few ask what a problem is

    raw = tomllib.loads(Path(__file__).with_name("problems.toml").read_text(encoding="utf-8"))
    return {code: _entry(code, raw[code]) for code in sorted(raw)}


def _entry(code: str, raw: Mapping[str, Any]) -> Entry:
    texts: dict[str, Any] = {key: value.strip("\n") for key, value in raw.items() if isinstance(value, str)}
    return Entry(code=code, files=raw.get("files", {}), **texts)


def entry_of(code: str) -> Entry:
    """Return what is to be said of a code, in whatever case it is written.

    Raises:
        UnknownCode: no problem has it.
    """
    found = catalogue().get(code.strip().upper())
    if found is None:
        codes = list(catalogue())
        raise UnknownCode(f"There is no problem code “{code}”; codes go from {codes[0]} to {codes[-1]}.")
    return found


def fix_of(code: str) -> str:
    """Return the remedy of a code in one line of plain text; empty where the catalogue has none."""
    found = catalogue().get(code)
    return found.fix.replace("`", "") if found else ""


def page(entry: Entry, level: int = 1) -> str:
    """Return the page of one code as Markdown, under a heading of a level."""
    files = [f"`{name}`:\n\n```latex\n{text}\n```\n" for name, text in entry.files.items() if text]
    parts = [
        f"{'#' * level} {entry.code}: {entry.title}\n",
        f"*{entry.severity.capitalize()}.* {entry.meaning}\n",
        f"```latex\n{entry.example}\n```\n",
        *files,
        *([f"{entry.setup}\n"] if entry.setup else []),
        f"**leanblueprint:** {entry.leanblueprint}\n",
        f"**Fix:** {entry.fix}\n",
    ]
    return "\n".join(parts)


def explain(code: str) -> str:
    """Return the page of one code as Markdown, or of ``all``.

    Raises:
        UnknownCode: no problem has this code.
    """
    return manual() if code.strip().lower() == "all" else page(entry_of(code))


def manual() -> str:
    """Return the manual's page about all codes, as Markdown."""
    parts, heading = [_INTRODUCTION], ""
    for code, entry in catalogue().items():
        group = _GROUPS.get(code[:4], "Further problems")
        if group != heading:
            heading = group
            parts.append(f"## {heading}\n")
        parts.append(page(entry, level=3))
    return "\n".join(parts)
