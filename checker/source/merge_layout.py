"""The pieces of a merged text, set as a text again: white space between them, and marks around conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.source.merge_parts import three_way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.source.merge_plan import Placed, Plan

MARK_LENGTH: Final = 7
"""How many characters git's own conflict marks have."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How conflicts are marked, as git does with ``merge.conflictStyle=diff3``.

    Attributes:
        length: how many of the same character a mark begins with.
        ours, base, theirs: what the texts are called.
    """

    length: int = MARK_LENGTH
    ours: str = "ours"
    base: str = "base"
    theirs: str = "theirs"

    def around(self, texts: tuple[str, str, str]) -> str:
        """A conflict of three texts: base, ours, theirs. It ends with a line end."""
        base, ours, theirs = (each if not each or each.endswith("\n") else each + "\n" for each in texts)
        size = self.length
        return (
            f"{'<' * size} {self.ours}\n{ours}{'|' * size} {self.base}\n{base}"
            f"{'=' * size}\n{theirs}{'>' * size} {self.theirs}\n"
        )

    def around_differences(self, base: str, ours: str, theirs: str) -> str:
        """Three texts with one conflict, as many lines as possible outside it."""
        rows = [each.splitlines(keepends=True) for each in (base, ours, theirs)]
        shortest = min(len(row) for row in rows)
        start = 0
        while start < shortest and rows[0][start] == rows[1][start] == rows[2][start]:
            start += 1
        stop = 0
        while stop < shortest - start and rows[0][-1 - stop] == rows[1][-1 - stop] == rows[2][-1 - stop]:
            stop += 1
        inner = ["".join(row[start : len(row) - stop]) for row in rows]
        return (
            "".join(rows[0][:start])
            + self.around((inner[0], inner[1], inner[2]))
            + "".join(rows[0][len(rows[0]) - stop :])
        )


def set_text(plan: Plan, header: str, placed: Sequence[Placed], marks: Marks) -> str:
    """The text of a result; `header` ends with a line end where it is a marked conflict."""
    text, before = header, None
    for each in placed:
        lead = _lead(plan, each, before, header=header)
        if each.text is None:
            lead = lead if not text or "\n" in lead or text.endswith("\n") else "\n" + lead
            text_of = marks.around(each.texts)
        else:
            text_of = each.text
        if text.endswith("\n"):  # a marked conflict stands before it
            lead = lead.removeprefix("\n")
        text += lead + text_of
        before = each
    tail = three_way(plan.base.tail, plan.ours.tail, plan.theirs.tail)
    tail = plan.ours.tail if tail is None else tail
    return text + (tail.removeprefix("\n") if text.endswith("\n") else tail)


def _lead(plan: Plan, each: Placed, before: Placed | None, *, header: str) -> str:
    """The white space before a piece: as in the text it comes from, if it then stands apart from the one before it."""
    mine = each.ours.lead if each.ours is not None else None
    other = each.theirs.lead if each.theirs is not None else None
    if mine is None or other is None:
        chosen, from_ours, from_theirs = mine or other or "", mine is not None, other is not None
    else:
        old = each.base.lead if each.base is not None else other
        chosen = other if mine == old else mine
        from_ours, from_theirs = mine == chosen, other == chosen
    follows = (from_ours and _follows(each.ours_at, before.ours_at if before else None)) or (
        from_theirs and _follows(each.theirs_at, before.theirs_at if before else None)
    )
    if before is None:
        had_header = plan.ours.header if from_ours else plan.theirs.header
        if not header:
            return chosen.lstrip("\r\n") if had_header or not follows else chosen
        return chosen if follows and had_header else _apart(chosen, 2)
    if follows:
        return chosen
    joins = each.text is None or each.piece.begins_with_comment or before.piece.keyword == "note"
    return _apart(chosen, 2 if joins or "\n" not in chosen else 1)


def _follows(at: int, before: int | None) -> bool:
    """Whether a piece stands in its text behind the one that is before it in the result; None for no piece at all."""
    return at == 0 if before is None else 0 <= before == at - 1


def _apart(lead: str, lines: int) -> str:
    """A lead with at least so many line ends."""
    return "\n" * max(0, lines - lead.count("\n")) + lead
