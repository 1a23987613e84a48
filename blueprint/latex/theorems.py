"""Theorem-like environments: which ones the book has, what they print as heading and how they are numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blueprint.kinds import ABBREVIATIONS, NO_STATEMENTS
from blueprint.kinds import ASIDE_WORDS as FOREIGN_ASIDES
from blueprint.latex.arguments import Cursor

if TYPE_CHECKING:
    from blueprint.latex.counters import Counters
    from blueprint.latex.token import Token

DEFAULT_KINDS = ("definition", "lemma", "proposition", "theorem", "corollary")
"""Environments that are nodes where the blueprint package is not told otherwise by ``thms=``.

A book that does not load the package is plain: whatever it declares is a node, remarks and the like excepted.
"""

ASIDE_WORDS = frozenset(
    {"remark", "remarks", "example", "examples", "note", "notes", "notation", "convention", "comment", "warning"}
    | {"observation", "question", "exercise", "aside", "recall", "caution", "motivation", "intuition"}
    | FOREIGN_ASIDES
)
"""Headings of environments that a proof is not about, though it may stand behind one."""

BOXES = frozenset({"newtcbtheorem", "NewTcbTheorem", "DeclareTcbTheorem"})
"""Commands of ``tcolorbox`` that declare theorem-like environments whose title and label are arguments."""

DECLARATIONS = BOXES | {
    "newtheorem", "newmdtheoremenv", "newshadedtheorem", "newframedtheorem", "spnewtheorem", "declaretheorem",
}  # fmt: skip
"""Commands that declare theorem-like environments."""

_PART = re.compile(r"(?:[^,{}]|\{[^{}]*+\})++")


@dataclass(frozen=True, slots=True)
class TheoremStyle:
    r"""How one theorem-like environment is printed.

    Attributes:
        heading: the word before the number.
        counter: what numbers it; empty for an unnumbered one.
        groups: arguments that follow its ``\begin``: none, a title, or a title and a label.
        prefix: what is put before that label.
    """

    heading: str
    counter: str
    groups: int = 0
    prefix: str = ""


def parse_options(text: str) -> dict[str, str]:
    """Return ``key=value`` options, braces around values taken off; a key alone has an empty value."""
    parts = (match[0].partition("=") for match in _PART.finditer(text))
    return {key.strip(): value.strip().strip("{}").strip() for key, _, value in parts}


class TheoremTable:
    """The theorem-like environments declared so far, and which of them are nodes."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self.styles: dict[str, TheoremStyle] = {}
        self.nodes: frozenset[str] = frozenset(DEFAULT_KINDS)
        self.is_plain = True

    def __contains__(self, name: str) -> bool:
        return name in self.styles or name in self.nodes or (self.is_plain and name in ABBREVIATIONS)

    def is_node(self, name: str) -> bool:
        """Whether statements of an environment are nodes."""
        if name in self.nodes or not self.is_plain:
            return name in self.nodes
        return name in self and not self.is_aside(name) and self.heading(name).lower() not in NO_STATEMENTS

    def is_aside(self, name: str) -> bool:
        """Whether an environment is a remark or the like: nothing that a proof would prove."""
        style = self.styles.get(name)
        return name.lower() in ASIDE_WORDS or (style is not None and style.heading.lower() in ASIDE_WORDS)

    def heading(self, name: str) -> str:
        """Return the word an environment prints."""
        style = self.styles.get(name)
        return style.heading if style else ABBREVIATIONS.get(name, name.capitalize())

    def number(self, name: str) -> str:
        """Count one more of an environment and return its number; empty where the book prints none."""
        style = self.styles.get(name)
        return self._counters.step(style.counter) if style and style.counter else ""

    def choose_nodes(self, options: str) -> None:
        """Take in the options of the blueprint package: ``thms=dfn+lem+thm`` names the nodes."""
        self.is_plain = False
        chosen = parse_options(options).get("thms", "")
        names = frozenset(name.strip() for name in chosen.split("+") if name.strip())
        if names:
            self.nodes = names

    def take(self, token: Token) -> None:
        r"""Take in one of `DECLARATIONS`."""
        if token.name in BOXES:
            self._take_box(token)
            return
        if token.name == "declaretheorem":
            for name in token.argument(1).split(","):
                self._declare(name.strip(), token.argument(0))
            return
        mark, name, shared, heading, parent = (text or "" for text in token.arguments)
        self._add(name.strip(), heading.strip(), shared.strip(), parent.strip(), numbered=mark != "*")

    def _take_box(self, token: Token) -> None:
        """Take in a boxed theorem; its starred kin has no number and no label."""
        keys, name, heading = parse_options(token.argument(0)), token.argument(1).strip(), token.argument(2).strip()
        shared = keys.get("use counter from") or keys.get("use counter") or keys.get("use counter*") or ""
        self._add(name, heading, shared, keys.get("number within", ""), numbered="no counter" not in keys)
        separator = parse_options(token.argument(3)).get("label separator", ":")
        prefix = token.argument(4).strip()
        self.styles[name] = replace(self.styles[name], groups=2, prefix=prefix + separator if prefix else "")
        self.styles[f"{name}*"] = TheoremStyle(heading, "", groups=1)

    def take_trailing_options(self, token: Token, text: str) -> int:
        r"""Take in ``\declaretheorem{lemma}[sibling=theorem]``; return the offset behind the option."""
        found = Cursor(text[token.end : token.end + 1_000]).option(0)
        if not found:
            return token.end
        for name in token.argument(1).split(","):
            self._declare(name.strip(), found.text)
        return token.end + found.end

    def _declare(self, name: str, options: str) -> None:
        keys = parse_options(options)
        heading = keys.get("name") or keys.get("title") or keys.get("heading") or name.capitalize()
        shared = keys.get("sibling") or keys.get("numberlike") or keys.get("sharenumber") or ""
        parent = keys.get("numberwithin") or keys.get("within") or keys.get("parent") or ""
        numbered = keys.get("numbered", "yes").lower() not in {"no", "false"}
        self._add(name, heading, shared, parent, numbered=numbered)

    def _add(self, name: str, heading: str, shared: str, parent: str, *, numbered: bool) -> None:
        if not numbered:
            self.styles[name] = TheoremStyle(heading, "")
            return
        known = self.styles.get(shared)
        counter = (known.counter if known and known.counter else shared) or name
        self.styles[name] = TheoremStyle(heading, counter)
        if shared:
            return
        if parent:
            above = self.styles.get(parent)
            self._counters.nest(counter, above.counter if above and above.counter else parent)
        else:
            self._counters.free(counter)
