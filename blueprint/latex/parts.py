r"""Parts: what reading one file did to the book, kept so that it can be done again without reading.

A file that begins where no environment is open does the same to the book whenever it and the files it asks for say the
same and what it finds of the book is the same: the definitions, the counters it looks at, the folders. `Part` holds
what was found and what was done; `Recording` makes one while a file is being read. What a file says of something that
stands before it (a label right behind ``\input``, the proof of a statement of the file before) is not kept: such files
are read again each time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from blueprint.latex.drafts import Location
from blueprint.latex.state import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint.latex.counters import CounterLog, CounterShape
    from blueprint.latex.drafts import Division, PassageDraft, ProofDraft, StatementDraft
    from blueprint.latex.labels import LabelEntry
    from blueprint.latex.macros import Macro
    from blueprint.latex.source import Library, Request, Source
    from blueprint.latex.state import Book
    from blueprint.latex.theorems import TheoremStyle
    from blueprint.node import Tag
    from blueprint.problem import Problem


class Definitions(NamedTuple):
    """What a book has defined up to some point: what the meaning of a file's commands rests on."""

    settings: dict[str, str]
    has_class: bool
    macros: dict[str, Macro]
    environments: frozenset[str]
    wrappers: dict[str, str]
    edges: dict[str, str]
    styles: dict[str, TheoremStyle]
    kinds: frozenset[str]
    is_plain: bool
    counters: CounterShape
    remarked: frozenset[str]

    @classmethod
    def of(cls, book: Book) -> Definitions:
        """Return those of a book as they are now."""
        macros, theorems = book.macros, book.theorems
        return cls(
            dict(book.settings), book.has_class, dict(macros.macros), frozenset(macros.environments),
            dict(macros.wrappers), dict(macros.edges), dict(theorems.styles), theorems.nodes, theorems.is_plain,
            book.counters.shape(), frozenset(book.remarked),
        )  # fmt: skip

    def restore(self, book: Book) -> None:
        """Make a book's definitions these."""
        macros, theorems = book.macros, book.theorems
        book.settings, book.has_class = dict(self.settings), self.has_class
        macros.macros, macros.environments = dict(self.macros), set(self.environments)
        macros.wrappers, macros.edges = dict(self.wrappers), dict(self.edges)
        theorems.styles, theorems.nodes, theorems.is_plain = dict(self.styles), self.kinds, self.is_plain
        book.counters.reshape(self.counters)
        book.remarked = set(self.remarked)


class Surroundings(NamedTuple):
    """Where a file is read from: the files that are open, the folder imported from, how often files were rescanned."""

    opened: tuple[Path, ...]
    imported: Path | None
    scans: int


class Lengths(NamedTuple):
    """How much a book holds of everything that only grows."""

    labels: int
    statements: int
    proofs: int
    divisions: int
    passages: int
    problems: int
    tags: int
    begun: int

    @classmethod
    def of(cls, book: Book) -> Lengths:
        """Return those of a book as they are now."""
        return cls(
            len(book.labels.entries), len(book.statements), len(book.proofs), len(book.divisions),
            len(book.manuscript.passages), len(book.problems), len(book.tags), book.begun,
        )  # fmt: skip


@dataclass(slots=True)
class Part:
    """What reading a file did.

    Drafts are shared by the books that a part is put into, and with the parts of files read within it (``inner``): a
    part is put into a book once, and a book is turned into a blueprint before the next is begun.
    """

    source: Source
    surroundings: Surroundings
    before: Definitions
    after: Definitions | None
    counters: CounterLog
    base: Location
    step: Location
    requests: list[Request]
    labels: list[LabelEntry]
    statements: list[StatementDraft]
    proofs: list[ProofDraft]
    divisions: list[tuple[Division, str]]
    passages: list[PassageDraft]
    problems: list[Problem]
    tags: list[Tag]
    pieces: list[str]
    equations: list[tuple[int, str]]
    begun: int
    noted: Counter[str]
    last_statement: StatementDraft | None
    last_aside: StatementDraft | None
    loose_tag: tuple[Source, int, str] | None
    inner: list[Part]

    @property
    def paths(self) -> set[Path]:
        """The files read within it."""
        return {request.path for request in self.requests if request.path is not None and request.is_read}

    def fits(self, source: Source, surroundings: Surroundings, book: Book, library: Library) -> bool:
        """Whether reading the file now would do the same."""
        return (
            self.source is source
            and self.surroundings == surroundings
            and book.counters.agrees(self.counters)
            and self.before == Definitions.of(book)
            and all(library.still(request) for request in self.requests)
            and library.has_room(self.requests)
            and book.has_room(self.noted)
        )

    def put_into(self, book: Book, library: Library) -> None:
        """Do to a book what reading the file would do."""
        base = book.location
        if base != self.base:
            self._move(base)
        if self.after is not None:
            self.after.restore(book)
        book.counters.replay(self.counters)
        for request in self.requests:
            if request.path is not None and request.is_read:
                library.read(request.path, request.at)
        library.requests += self.requests
        for name, target, is_own in self.labels:
            book.labels.take(name, target, is_own=is_own)
        book.statements += self.statements
        book.proofs += self.proofs
        for division, label in self.divisions:
            division.label = label  # what stands behind the file may have labelled it
            book.divisions.append(division)
        book.manuscript.passages += self.passages
        book.manuscript.pieces += self.pieces
        book.manuscript.equations += self.equations
        book.problems += self.problems
        book.noted += self.noted
        book.tags += self.tags
        book.begun += self.begun
        book.location = _add(base, self.step)
        if self.last_statement is not None:
            book.last_statement, book.last_aside = self.last_statement, self.last_aside
        book.loose_tag = self.loose_tag

    def _move(self, base: Location) -> None:
        """Let drafts stand where the file stands now."""
        step = Location(*(new - old for new, old in zip(base, self.base, strict=True)))
        for group in (self.statements, self.proofs, self.passages):
            for draft in group:
                draft.at = _add(draft.at, step)
        self._rebase(step)

    def _rebase(self, step: Location) -> None:
        self.base = _add(self.base, step)
        for part in self.inner:
            part._rebase(step)  # noqa: SLF001 - another of its kind


def _add(place: Location, step: Location) -> Location:
    return Location(place[0] + step[0], place[1] + step[1], place[2] + step[2])


class Recording:
    """Watches a file being read, from its making to `part`."""

    def __init__(self, source: Source, surroundings: Surroundings, book: Book) -> None:
        self._source = source
        self._surroundings = surroundings
        self._book = book
        self._before = Definitions.of(book)
        self._lengths = Lengths.of(book)
        self._base = book.location
        self._noted = book.noted.copy()
        self._outer_leans, book.leans = book.leans, False
        self._last = (book.last_statement, book.last_aside)
        book.entries.append(Entry(len(book.divisions), book.last_statement))
        book.counters.watch()

    def part(self, scans: int, requests: list[Request], inner: list[Part]) -> Part | None:
        """Return what reading the file did; ``None`` where it must be read again each time."""
        book, lengths = self._book, self._lengths
        counters = book.counters.unwatch()
        book.entries.pop()
        leans, book.leans = book.leans, self._outer_leans or book.leans
        statement, aside = book.last_statement, book.last_aside
        if statement is self._last[0]:
            leans, statement = leans or aside is not self._last[1], None
        if leans or book.frames or scans != self._surroundings.scans or not book.has_room(Counter()):
            return None
        after = Definitions.of(book)
        return Part(
            self._source, self._surroundings, self._before, None if after == self._before else after, counters,
            self._base, Location(*(new - old for new, old in zip(book.location, self._base, strict=True))), requests,
            book.labels.entries[lengths.labels :], book.statements[lengths.statements :],
            book.proofs[lengths.proofs :], [(each, each.label) for each in book.divisions[lengths.divisions :]],
            book.manuscript.passages[lengths.passages :], book.problems[lengths.problems :], book.tags[lengths.tags :],
            book.manuscript.pieces[:], book.manuscript.equations[:],
            book.begun - lengths.begun, book.noted - self._noted, statement, aside,
            book.loose_tag, inner,
        )  # fmt: skip
