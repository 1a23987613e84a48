"""LaTeX's counters: what each number of the book prints as."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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


CounterShape = tuple[dict[str, str], dict[str, str], bool]
"""What counts within what, how counters are printed, and whether the appendix has begun."""


@dataclass(slots=True)
class CounterLog:
    """What a stretch of the book did with counters.

    Attributes:
        found: the values it looked at before it changed them; ``None`` for a counter that was not there.
        written: the counters it changed.
        left: the values it left in them.
    """

    found: dict[str, int | None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)

    def add(self, inner: CounterLog) -> None:
        """Take in what a stretch within this one did."""
        for name, value in inner.found.items():
            if name not in self.written:
                self.found.setdefault(name, value)
        self.written |= inner.written


class Counters:
    """Named counters, each perhaps within another that resets it and is printed before it."""

    def __init__(self) -> None:
        self._logs: list[CounterLog] = []
        self._values: dict[str, int] = {}
        self._parents: dict[str, str] = {"subsection": "section", "subsubsection": "subsection"}
        self._formats: dict[str, str] = {}
        self.is_appendix = False

    def __contains__(self, name: str) -> bool:
        return name in self._parents or self._get(name) is not None

    def use_chapters(self) -> None:
        """Number as reports and books do: sections, equations, figures and tables within chapters."""
        for name in ("section", "equation", "figure", "table"):
            self._parents.setdefault(name, "chapter")
        self._ensure("chapter")

    def nest(self, name: str, parent: str) -> None:
        """Count ``name`` within ``parent``: reset by it and printed behind its number."""
        if name != parent:
            self._parents[name] = parent
            self._formats.pop(name, None)

    def free(self, name: str) -> None:
        """Count ``name`` through the whole book."""
        self._parents.pop(name, None)
        self._ensure(name)

    def set(self, name: str, value: int) -> None:
        """Set a counter; absurd values are cut to what a book can hold."""
        self._put(name, max(-_LARGEST, min(_LARGEST, value)))

    def add(self, name: str, value: int) -> None:
        """Add to a counter."""
        self.set(name, (self._get(name) or 0) + value)

    def format(self, name: str, template: str) -> None:
        r"""Print a counter by a template, as ``\renewcommand{\thetheorem}{\Alph{theorem}}`` asks."""
        self._formats[name] = template

    def step(self, name: str) -> str:
        """Count one more, reset what is counted within, and return the number as printed."""
        self._put(name, (self._get(name) or 0) + 1)
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
        own = write_number(self._get(name) or 0, "Alph" if self.is_appendix and outermost else "arabic")
        return f"{self.printed(parent, depth + 1)}.{own}" if parent else own

    # ---- what a stretch of the book does with them

    def shape(self) -> CounterShape:
        """Return all but the values."""
        return dict(self._parents), dict(self._formats), self.is_appendix

    def reshape(self, shape: CounterShape) -> None:
        """Take over what `shape` returned."""
        self._parents, self._formats, self.is_appendix = dict(shape[0]), dict(shape[1]), shape[2]

    def watch(self) -> None:
        """Begin a log; logs nest."""
        self._logs.append(CounterLog())

    def unwatch(self) -> CounterLog:
        """End the log begun last and return it."""
        log = self._logs.pop()
        log.left = {name: self._values[name] for name in log.written}
        if self._logs:
            self._logs[-1].add(log)
        return log

    def agrees(self, log: CounterLog) -> bool:
        """Whether a stretch would find what it found."""
        return all(self._values.get(name) == value for name, value in log.found.items())

    def replay(self, log: CounterLog) -> None:
        """Do what a stretch did."""
        self._values.update(log.left)
        if self._logs:
            self._logs[-1].add(log)

    def _get(self, name: str) -> int | None:
        value = self._values.get(name)
        if self._logs and name not in self._logs[-1].written:
            self._logs[-1].found.setdefault(name, value)
        return value

    def _put(self, name: str, value: int) -> None:
        self._values[name] = value
        if self._logs:
            self._logs[-1].written.add(name)

    def _ensure(self, name: str) -> None:
        if self._get(name) is None:
            self._put(name, 0)

    def start_appendix(self) -> None:
        """Number chapters (or sections, in an article) by letters from here on."""
        self.is_appendix = True
        self.set("chapter" if self._parents.get("section") == "chapter" else "section", 0)

    def _piece(self, piece: re.Match[str], depth: int) -> str:
        if piece[3]:
            return self.printed(piece[3], depth + 1)
        return write_number(self._get(piece[2].strip()) or 0, piece[1])

    def _reset_below(self, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            return
        for child, parent in self._parents.items():
            if parent == name:
                self._put(child, 0)
                self._reset_below(child, depth + 1)
