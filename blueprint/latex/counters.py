"""LaTeX's counters: what each number of the book prints as."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*\{([^{}]*)\}|\\the([A-Za-z]+)")
_LETTERS = 26
_DEEPEST = 8
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST = 100_000


def write_number(value: int, style: str) -> str:
    """Return a number as LaTeX prints it: ``arabic``, ``alph``, ``Alph``, ``roman`` or ``Roman``."""
    if style in {"alph", "Alph"} and 1 <= value <= _LETTERS:
        return chr((ord("a") if style == "alph" else ord("A")) + value - 1)
    if style in {"roman", "Roman"} and 1 <= value <= _LARGEST // 25:
        written = _write_roman(value)
        return written if style == "roman" else written.upper()
    return str(value)


def _write_roman(value: int) -> str:
    written = ""
    for worth, letters in _ROMAN:
        written += letters * (value // worth)
        value %= worth
    return written


class Counters:
    """Named counters, each perhaps within another that resets it and is printed before it."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}
        self._parents: dict[str, str] = {"subsection": "section", "subsubsection": "subsection"}
        self._formats: dict[str, str] = {}
        self.is_appendix = False

    def __contains__(self, name: str) -> bool:
        return name in self._values or name in self._parents

    def use_chapters(self) -> None:
        """Number as reports and books do: sections, equations, figures and tables within chapters."""
        for name in ("section", "equation", "figure", "table"):
            self._parents.setdefault(name, "chapter")
        self._values.setdefault("chapter", 0)

    def nest(self, name: str, parent: str) -> None:
        """Count ``name`` within ``parent``: reset by it and printed behind its number."""
        if name != parent:
            self._parents[name] = parent
            self._formats.pop(name, None)

    def free(self, name: str) -> None:
        """Count ``name`` through the whole book."""
        self._parents.pop(name, None)
        self._values.setdefault(name, 0)

    def set(self, name: str, value: int) -> None:
        """Set a counter; absurd values are cut to what a book can hold."""
        self._values[name] = max(-_LARGEST, min(_LARGEST, value))

    def add(self, name: str, value: int) -> None:
        """Add to a counter."""
        self.set(name, self._values.get(name, 0) + value)

    def format(self, name: str, template: str) -> None:
        r"""Print a counter by a template, as ``\renewcommand{\thetheorem}{\Alph{theorem}}`` asks."""
        self._formats[name] = template

    def step(self, name: str) -> str:
        """Count one more, reset what is counted within, and return the number as printed."""
        self._values[name] = self._values.get(name, 0) + 1
        self._reset_below(name, 0)
        return self.printed(name)

    def printed(self, name: str, depth: int = 0) -> str:
        """Return a counter as printed now."""
        if depth > _DEEPEST:
            return ""
        template = self._formats.get(name)
        if template is not None:
            return _PIECE.sub(lambda piece: self._piece(piece, depth), template).strip()
        parent = self._parents.get(name)
        outermost = name == "chapter" or (name == "section" and parent is None)
        own = write_number(self._values.get(name, 0), "Alph" if self.is_appendix and outermost else "arabic")
        return f"{self.printed(parent, depth + 1)}.{own}" if parent else own

    def start_appendix(self) -> None:
        """Number chapters (or sections, in an article) by letters from here on."""
        self.is_appendix = True
        self.set("chapter" if self._parents.get("section") == "chapter" else "section", 0)

    def _piece(self, piece: re.Match[str], depth: int) -> str:
        if piece[3]:
            return self.printed(piece[3], depth + 1)
        return write_number(self._values.get(piece[2].strip(), 0), piece[1])

    def _reset_below(self, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            return
        for child, parent in self._parents.items():
            if parent == name:
                self._values[child] = 0
                self._reset_below(child, depth + 1)
