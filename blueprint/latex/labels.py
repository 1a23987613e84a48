"""What every label of the book names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from blueprint.latex.drafts import ProofDraft

if TYPE_CHECKING:
    from blueprint.latex.drafts import StatementDraft
    from blueprint.node import Place


_TAG_SYMBOLS = {"\\ast": "*", "\\star": "*", "\\dagger": "†", "\\dag": "†", "\\prime": "'", "\\sharp": "#"}
_TAG_MARKUP = re.compile(r"\\(?:text|mathrm|textbf|mathbf)?(?![A-Za-z])|[${}]")


class Target(NamedTuple):
    r"""What a label names.

    Attributes:
        kind: ``node``, ``aside``, ``proof``, ``equation``, ``item``, ``float`` or ``division``.
        word: what ``\cref`` prints before the number, such as ``Lemma``.
        number: as printed.
        place: where the label stands.
        draft: the statement or proof it names or stands in.
    """

    kind: str
    word: str
    number: str
    place: Place
    draft: StatementDraft | ProofDraft | None = None

    @property
    def statement(self) -> StatementDraft | None:
        """The statement it names, stands in, or stands in a proof of."""
        return self.draft.proved if isinstance(self.draft, ProofDraft) else self.draft


def plain_tag(tag: str) -> str:
    r"""Return what an equation's own number prints, such as ``*`` for ``\tag{$\ast$}``."""
    for name, character in _TAG_SYMBOLS.items():
        tag = tag.replace(name, character)
    return _TAG_MARKUP.sub("", tag).strip()


class LabelEntry(NamedTuple):
    """A label as it was taken in: its name, what it names, and whether the author gave it."""

    name: str
    target: Target
    is_own: bool


class LabelTable:
    """All labels, in the order of the book; the first of two equal ones counts.

    Attributes:
        targets: what each label names.
        repeated: labels given again, and where.
        entries: everything that was taken in, in order.
    """

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.repeated: list[tuple[str, Place]] = []
        self.entries: list[LabelEntry] = []

    def add(self, name: str, target: Target) -> None:
        """Take in a label of the author's."""
        self.take(name, target, is_own=True)

    def take(self, name: str, target: Target, *, is_own: bool) -> None:
        """Take in a label; one that is not the author's own is no repetition."""
        self.entries.append(LabelEntry(name, target, is_own))
        if name not in self.targets:
            self.targets[name] = target
        elif is_own:
            self.repeated.append((name, target.place))
