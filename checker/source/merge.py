"""Merges three versions of a Lean file declaration by declaration.

Git's own merge works on lines: it sees a conflict where two sides add a lemma at the same place, and none where one
side changes what is in force over a lemma that the other adds. Here a file is imports and commands. Each is kept,
changed, dropped or added as the side says that touched it; a conflict is left only where both sides touched the same.
The result is cut again and compared with what it should be: nothing is guessed, and nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from checker.errors import MergeTangled
from checker.source.lexer import LexicalError
from checker.source.merge_check import check_result, settled
from checker.source.merge_header import merge_headers
from checker.source.merge_layout import Marks, set_text
from checker.source.merge_parts import three_way
from checker.source.merge_pieces import pieces_of
from checker.source.merge_plan import Plan

LARGEST: Final = 1 << 20
"""Bytes of the largest text that is merged here; larger ones are left to git."""


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """Something that two sides changed and that is not to be guessed.

    Attributes:
        name: a declaration's full name, a command's keyword, or ``header``; empty for the file as a whole.
        line: 1-based line in ours, or in theirs for what only they have; 1 for the file as a whole.
        reason: why, in words.
    """

    name: str
    line: int
    reason: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.name or 'the file'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SourceMerge:
    """What three versions of a file make.

    Attributes:
        data: the file; with marks where there are conflicts.
        conflicts: in order.
    """

    data: bytes
    conflicts: tuple[MergeConflict, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether there is no conflict."""
        return not self.conflicts


def merge_sources(base: bytes, ours: bytes, theirs: bytes, marks: Marks | None = None) -> SourceMerge:
    """Merge three versions of a Lean file.

    Args:
        base: the version that both sides began with; empty when both added the file.
        ours: ours. What both sides add at one place stands in this order.
        theirs: theirs.
        marks: how conflicts are marked; as git does, when left out.

    Raises:
        LexicalError: when a version cannot be cut with certainty, or is too large: then lines must do.
    """
    if ours in (base, theirs):
        return SourceMerge(theirs)
    if theirs == base:
        return SourceMerge(ours)
    texts = [_decoded(each) for each in (base, ours, theirs)]
    ends = [_line_ends(each) for each in texts]
    if any(each is None for each in ends):
        return _encoded(_merge(texts[0], texts[1], texts[2], marks or Marks()), "\n")
    plain = [each.replace("\r\n", "\n") for each in texts]
    end = three_way(*(each or "\n" for each in ends)) or ends[1] or "\n"
    return _encoded(_merge(plain[0], plain[1], plain[2], marks or Marks()), end)


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    conflicts: tuple[MergeConflict, ...] = ()


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise LexicalError(f"The file is larger than {LARGEST >> 20} MB; split it.", 1)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise LexicalError(f"The file is not UTF-8 (byte {error.start}).", 1) from error


def _encoded(merged: _Text, end: str) -> SourceMerge:
    text = merged.text if end == "\n" else merged.text.replace("\n", end)
    return SourceMerge(text.encode(), merged.conflicts)


def _line_ends(text: str) -> str | None:
    """How all lines of a text end; None when not all in the same way."""
    returns = text.count("\r")
    if not returns:
        return "\n"
    return "\r\n" if returns == text.count("\r\n") == text.count("\n") else None


def _merge(base: str, ours: str, theirs: str, marks: Marks) -> _Text:
    whole = three_way(base, ours, theirs)
    if whole is not None:
        return _Text(whole)
    plan_of = [pieces_of(each) for each in (base, ours, theirs)]
    found: list[_Text] = []
    tangled = ""
    try:
        plan = Plan(plan_of[0], plan_of[1], plan_of[2])
    except MergeTangled as error:
        return _tangled(base, ours, theirs, marks, str(error))
    for blocks_join in (True, False):
        try:
            found.append(_joined(plan, marks, blocks_join=blocks_join))
        except MergeTangled as error:
            tangled = tangled or str(error)
        if found and not found[-1].conflicts:
            return found[-1]
    if not found:
        return _tangled(base, ours, theirs, marks, tangled)
    return min(found, key=lambda each: len(each.conflicts))


def _joined(plan: Plan, marks: Marks, *, blocks_join: bool) -> _Text:
    """A result under one way to put additions together.

    Raises:
        MergeTangled: when it is not one.
    """
    header = merge_headers(plan.base, plan.ours, plan.theirs)
    modules = [each.is_module for each in (plan.base, plan.ours, plan.theirs)]
    is_module = modules[1] if modules[2] == modules[0] or header.text is None else modules[2]
    placed = settled(plan, plan.placed(blocks_join=blocks_join), is_module=is_module)
    conflicts = [
        MergeConflict((each.base or each.piece).name or each.piece.keyword, each.piece.line, each.reason)
        for each in placed
        if each.text is None
    ]
    if header.text is None:
        conflicts.insert(0, MergeConflict("header", 1, header.reason))
        marked = marks.around((plan.base.header, plan.ours.header, plan.theirs.header))
        return _Text(set_text(plan, marked, placed, marks), tuple(conflicts))
    text = set_text(plan, header.text, placed, marks)
    if not conflicts:
        check_result(plan, placed, text, header.imports)
    return _Text(text, tuple(conflicts))


def _tangled(base: str, ours: str, theirs: str, marks: Marks, reason: str) -> _Text:
    return _Text(marks.around_differences(base, ours, theirs), (MergeConflict("", 1, reason),))
