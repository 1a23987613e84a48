"""What a reading has gathered so far: shared by the parts of the reader, turned into a blueprint at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from blueprint.latex.counters import Counters
from blueprint.latex.drafts import Location
from blueprint.latex.labels import LabelTable
from blueprint.latex.macros import MacroTable
from blueprint.latex.manuscript import Manuscript
from blueprint.latex.theorems import TheoremTable
from blueprint.node import Place, Tag
from blueprint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blueprint.latex.drafts import Division, ProofDraft, StatementDraft
    from blueprint.latex.frames import Frame
    from blueprint.latex.source import Source
    from blueprint.latex.token import Token
    from blueprint.problem import Severity


class Entry(NamedTuple):
    """What stood before a file: how many divisions, and the last statement."""

    divisions: int
    statement: StatementDraft | None


MOST_OF_ONE_CODE = 500
"""Problems of one code that are listed one by one."""


class Book:
    r"""A book while it is being read.

    Attributes:
        source: the file being read.
        skip: offset in it before which tokens were dealt with already.
        location: where in the book the reader is.
        frames: the environments that are open, outermost first.
        settings: ``title``, ``home``, ``github`` and ``dochome`` as the book gives them.
        loose_tag: the last number that stands in a formula between ``\[`` and ``\]``: where and what.
        tags: marks that the graph does not need and that stand outside statements and proofs.
        has_class: whether a document class was named.
        problems: found so far, unordered.
        noted: how many problems of each code were found.
        remarked: what is remarked on once only: unknown environments, and marks with their backslash.
        last_statement, last_aside: the last theorem-like environment that is a node, and the last other one after it.
        begun: how many theorem-like environments began.
        entries: what stood before each file that is being recorded, outermost first.
        leans: whether the file being recorded says something of what stands before it.
    """

    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source = source
        self.skip = 0
        self.problems = problems
        self.noted: Counter[str] = Counter()
        self.counters = Counters()
        self.theorems = TheoremTable(self.counters)
        self.macros = MacroTable()
        self.labels = LabelTable()
        self.manuscript = Manuscript()
        self.frames: list[Frame] = []
        self.divisions: list[Division] = []
        self.location = Location(0, 0, 0)
        self.statements: list[StatementDraft] = []
        self.proofs: list[ProofDraft] = []
        self.settings: dict[str, str] = {}
        self.tags: list[Tag] = []
        self.has_class = False
        self.loose_tag: tuple[Source, int, str] | None = None
        self.remarked: set[str] = set()
        self.last_statement: StatementDraft | None = None
        self.last_aside: StatementDraft | None = None
        self.begun = 0
        self.entries: list[Entry] = []
        self.leans = False

    def place(self, token: Token) -> Place:
        """Return where a token of the current file stands."""
        return self.source.place(token.start)

    def report(self, at: Token | Place, code: str, severity: Severity, message: str) -> None:
        """Note a problem; of a code that was noted often enough, only how often it was."""
        self.noted[code] += 1
        if self.noted[code] <= MOST_OF_ONE_CODE:
            place = at if isinstance(at, Place) else self.place(at)
            self.problems.append(Problem(place, code, severity, message))

    def tag(self, token: Token, name: str, arguments: Iterable[str | None]) -> Tag:
        """Return a mark of the current file as data; arguments that are missing are left out."""
        return Tag(name, tuple(" ".join(text.split()) for text in arguments if text is not None), self.place(token))

    def has_room(self, noted: Counter[str]) -> bool:
        """Whether so many more problems of each code can be listed one by one."""
        return all(count <= MOST_OF_ONE_CODE for count in (self.noted + noted).values())

    def check_leaning(self, *, on_statement: bool) -> None:
        """Note whether what is being read now says something of a statement or division before the recorded file."""
        if self.entries:
            entry = self.entries[-1]
            inside = len(self.divisions) > entry.divisions
            inside = inside or (on_statement and self.last_statement is not entry.statement)
            self.leans = self.leans or not inside

    def sum_up(self) -> None:
        """Note how many problems were left out of each code: a book with so many has one cause for most of them."""
        for code, count in sorted(self.noted.items()):
            if count > MOST_OF_ONE_CODE:
                last = next(problem for problem in reversed(self.problems) if problem.code == code)
                message = f"{count - MOST_OF_ONE_CODE} more problems {code} are not listed; mend these first."
                self.problems.append(Problem(last.place, code, last.severity, message))

    def divide(self, division: Division) -> None:
        """Begin a division of the book."""
        self.divisions.append(division)
        chapters, sections, divisions = self.location
        self.location = Location(chapters + (division.level == 0), sections + (division.level == 1), divisions + 1)
