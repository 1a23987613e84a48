"""The journal of what is spent, as it is read: whatever its file may hold."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.schedule.budget import Money
from coordinator.store.expenses import COSTLY, Expense
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from coordinator.store.transaction import Transaction

MONEY = ("cost_usd", "input_tokens", "output_tokens")
"""What lines say of money, in the words of the store's events."""

STEPS = 10
"""How often a job has a line while it runs, at most: each time that it has used such a part of what it may use."""

_READ = "journal_read"
"""Where the store keeps how many bytes of its journal have been taken into it."""

_MOST = 1e12
"""No dollars, tokens or seconds are so many."""

_LAST = 1_000_000_000
"""No campaign has so many jobs."""

_TAIL = 65_536
"""Bytes of the end that are looked at for what the store does not know."""

_LONGEST = 65_536
"""Bytes of a line; what is longer is none."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a journal tells.

    Attributes:
        expenses: of each job what is known of it.
        since: when it was begun, seconds since the epoch; ``None`` where there is none, or that cannot be read.
        unread: lines that make no sense.
        size: bytes of it that were read.
    """

    expenses: tuple[Expense, ...] = ()
    since: float | None = None
    unread: int = 0
    size: int = 0


def read_journal(file: Path) -> Told:
    """What a journal tells, as far as it can be read.

    A line of a job's end says what it cost; one that came later, how much more, or less, that was.
    """
    reader = _Reader()
    try:
        with file.open("rb") as lines:
            while line := lines.readline(_LONGEST):
                reader.read(line)
    except FileNotFoundError:
        return Told()
    except OSError:
        reader.unread += 1
    return Told(tuple(reader.found.values()), reader.since, reader.unread, reader.size)


def note_read(transaction: Transaction, told: Told) -> None:
    """Keeps in the store that all that a journal tells has been taken into it."""
    set_meta(transaction, _READ, told.size)


def is_ahead(transaction: Transaction, file: Path) -> bool:
    """Whether the end of a journal names a job that the store has not, or not yet: the store is an older one.

    What was taken into the store before (see `note_read`) is not looked at.
    """
    known_until = int(get_meta(transaction, _READ, 0))
    try:
        with closing(file.open("rb")) as content:
            size = content.seek(0, os.SEEK_END)
            content.seek(max(known_until if known_until <= size else 0, size - _TAIL))
            lines = content.read(_TAIL).splitlines()
    except OSError:
        return False
    told = {(line["job"], line["sent"]): "ended" in line for line in map(_parse, lines) if line and "since" not in line}
    rows = transaction.execute(
        select(jobs.c.id, jobs.c.sent_at, jobs.c.state).where(jobs.c.id.in_([job for job, _ in told]))
    )
    known = {(row.id, row.sent_at): row.state == "ended" for row in rows}
    return any(job not in known or (is_over and not known[job]) for job, is_over in told.items())


class _Reader:
    """Puts together what lines tell of the same job."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, float], Expense] = {}
        self.since: float | None = None
        self.unread = self.size = 0

    def read(self, line: bytes) -> None:
        """Reads one line; what makes no sense is counted."""
        told = _parse(line)
        self.size += len(line)
        if told is None:
            self.unread += 1
        elif "since" in told:
            self.since = float(told["since"])
        elif "kind" in told:
            self._note_sent(told)
        elif (told["job"], told["sent"]) not in self.found:
            self.unread += 1
        elif "ended" in told:
            self._note_ended(told)
        else:
            self._note_told(told)

    def _note_sent(self, told: Mapping[str, Any]) -> None:
        about = told["kind"], told["label"], told["stage"], told["number"], told["sent"]
        usd, tokens = told["cap_usd"], told["cap_tokens"]
        known = Expense(told["job"], *about, usd=usd, input_tokens=tokens, is_reckoned=True)
        self.found[told["job"], told["sent"]] = replace(known, told=_at_most(known, 0.0, 0))

    def _note_told(self, told: Mapping[str, Any]) -> None:
        known = self.found[told["job"], told["sent"]]
        if known.is_reckoned:
            known = replace(known, told=_at_most(known, told["told_usd"], told["told_tokens"]))
        self.found[told["job"], told["sent"]] = known

    def _note_ended(self, told: Mapping[str, Any]) -> None:
        known = self.found[told["job"], told["sent"]]
        usd, read, written = (told.get(name, 0) for name in MONEY)
        if told.get("more"):
            usd, read, written = known.usd + usd, known.input_tokens + read, known.output_tokens + written
        self.found[told["job"], told["sent"]] = replace(
            known,
            ended_at=told["ended"],
            ending=told.get("ending", known.ending),
            usd=max(usd, 0.0),
            input_tokens=max(int(read), 0),
            output_tokens=max(int(written), 0),
            is_reckoned=False,
        )


def _at_most(known: Expense, usd: float, tokens: int) -> Money:
    """What a job that has used so much by its last line may have told of without a line more."""
    return Money(usd + known.usd / STEPS, tokens + known.input_tokens / STEPS)


def _parse(line: bytes) -> dict[str, Any] | None:
    """A line's values; ``None`` where it is cut off, or says what no line says."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and _makes_sense(told) else None


def _makes_sense(told: Mapping[str, Any]) -> bool:
    is_shaped = any(names <= told.keys() for names in _SHAPES)
    return is_shaped and all(makes_sense(told[name]) for name, makes_sense in _CHECKS.items() if name in told)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST


def _is_difference(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_SHAPES = (
    {"since"},
    {"job", "sent", "kind", "label", "stage", "number", "cap_usd", "cap_tokens"},
    {"job", "sent", "told_usd", "told_tokens"},
    {"job", "sent", "ended"},
)
"""What lines say: when the journal began, that a job was sent, has used so much so far, or has ended.

Of a job that has ended there may be a line more, of what is known since.
"""

_CHECKS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("job", "number"), _is_number),
    **dict.fromkeys(("since", "sent", "ended", "cap_usd", "cap_tokens", "told_usd", "told_tokens"), _is_amount),
    **dict.fromkeys(MONEY, _is_difference),
    **dict.fromkeys(("label", "stage", "ending"), _is_text),
    "kind": lambda value: value in COSTLY,
}
