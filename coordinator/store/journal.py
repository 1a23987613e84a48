"""The journal of what is spent: a file beside the store, a line for each job that agents get and for what it cost.

It outlives a store that breaks: what was spent since the newest backup can be counted again from it. Lines are
appended after the transaction that they tell of, and before what it sends out goes out: so no agent spends anything
that the journal has no line of. Of a job that has a line when it was sent and none of its end, it is only known what
it might spend at most.

The file grows with the jobs of agents, by a few hundred bytes for each, which is less than the store does.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.errors import StoreError
from coordinator.store.expenses import COSTLY, Expense
from coordinator.store.journal_lines import MONEY, parse_line
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from coordinator.store.ledger import Ledger
    from coordinator.store.store import Event, Transaction

JOURNAL = "spending.jsonl"
"""Its name, beside the store's file."""

_SYNC_SECONDS = 5.0
"""How often it is made sure that lines are on the disk; the store itself lets the system take its time."""

_LONGEST = 65_536
"""Bytes of a line; what is longer is none."""

_TAIL = 65_536
"""Bytes of the end that are looked at for what the store does not know."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a journal tells.

    Attributes:
        expenses: of each job what is known of it.
        since: when it was begun, seconds since the epoch; ``None`` where there is none, or that cannot be read.
        unread: lines that make no sense.
    """

    expenses: tuple[Expense, ...] = ()
    since: float | None = None
    unread: int = 0


def journal_of(store: Path) -> Path:
    """The journal beside a store's file."""
    return store.with_name(JOURNAL)


class Journal:
    """Writes the journal of one run, by what its ledger tells.

    Args:
        file: appended to; begun where there is none.
        ledger: of the campaign.
        now: seconds since the epoch.

    Raises:
        StoreError: it cannot be written.
    """

    def __init__(self, file: Path, ledger: Ledger, now: float) -> None:
        self._file = file
        self._state = ledger.state
        self._sent: dict[int, float] = {}
        self._synced_at = time.monotonic()
        try:
            self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._begin(ledger, now)
        except OSError as error:
            raise self._unwritable(error) from error
        ledger.listeners.append(self._hear)

    def close(self) -> None:
        """Makes sure that all lines are on the disk."""
        os.fdatasync(self._handle)
        os.close(self._handle)

    def _begin(self, ledger: Ledger, now: float) -> None:
        """Ends a line that a killed process left unfinished, or writes the first ones: since when, what is at work."""
        with ledger.begin() as transaction:
            live = transaction.execute(_LIVE).all()
        self._sent = {row.id: row.sent_at for row in live}
        size = os.fstat(self._handle).st_size
        if not size:
            self._write([{"since": now}, *(self._line_of_sent(row.kind, row.id, row.item, row.number) for row in live)])
        elif os.pread(self._handle, 1, size - 1) != b"\n":
            self._append(b"\n")

    def _hear(self, events: Sequence[Event], _seconds: float) -> None:
        """Writes lines on what happened in a transaction.

        Raises:
            StoreError: they cannot be written; what the transaction was to send is not sent then.
        """
        lines = list(self._lines(events))
        if lines:
            try:
                self._write(lines)
            except OSError as error:
                raise self._unwritable(error) from error

    def _lines(self, events: Iterable[Event]) -> Iterator[Mapping[str, Any]]:
        for event in events:
            kind, _, what = event.kind.partition("_")
            data = event.data
            if what == "sent" and kind in COSTLY:
                self._sent[data["job"]] = event.at
                yield self._line_of_sent(kind, data["job"], data.get("item"), data.get("number", 1))
            elif (what == "ended" and kind in COSTLY) or data.get("of") in COSTLY:
                job = data["job"]
                sent_at = data.get("sent_at", self._sent.pop(job, None))
                told = {name: data[name] for name in MONEY if data.get(name)}
                more = {"more": True} if event.kind == "late_report" else {"ending": data.get("ending", "")}
                yield {"job": job, "sent": sent_at, "ended": data.get("ended_at", event.at), **more, **told}

    def _line_of_sent(self, kind: str, job: int, item: int | None, number: int) -> Mapping[str, Any]:
        subject = self._state.by_id.get(item or 0)
        live = self._state.job(job)
        return {
            "job": job,
            "sent": self._sent[job],
            "kind": kind,
            "label": subject.label if subject is not None else "",
            "stage": subject.stage if subject is not None else "",
            "number": number,
            "cap_usd": live.cap_usd if live is not None else 0.0,
            "cap_tokens": (live.cap_tokens if live is not None else None) or 0,
        }

    def _write(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._append("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines).encode())
        if time.monotonic() - self._synced_at >= _SYNC_SECONDS:
            os.fdatasync(self._handle)
            self._synced_at = time.monotonic()

    def _append(self, content: bytes) -> None:
        written = os.write(self._handle, content)
        if written < len(content):  # the disk is full: the rest says so
            self._append(content[written:])

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(f"{self._file} cannot be written ({error.strerror}): make room, or let it be written.")


_LIVE = select(jobs.c.id, jobs.c.kind, jobs.c.item, jobs.c.number, jobs.c.sent_at).where(
    jobs.c.state != "ended", jobs.c.kind.in_(COSTLY)
)


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
    return Told(tuple(reader.found.values()), reader.since, reader.unread)


def is_ahead(transaction: Transaction, file: Path) -> bool:
    """Whether the end of a journal names a job that the store has not, or not yet: the store is an older one."""
    try:
        with closing(file.open("rb")) as content:
            content.seek(max(0, content.seek(0, os.SEEK_END) - _TAIL))
            lines = content.read(_TAIL).splitlines()
    except OSError:
        return False
    told = {
        (line["job"], line["sent"]): "ended" in line for line in map(parse_line, lines) if line and "since" not in line
    }
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
        self.unread = 0

    def read(self, line: bytes) -> None:
        """Reads one line; what makes no sense is counted."""
        told = parse_line(line)
        if told is None:
            self.unread += 1
        elif "since" in told:
            self.since = float(told["since"])
        elif "ended" not in told:
            self._note_sent(told)
        elif (told["job"], told["sent"]) in self.found:
            self._note_ended(told)
        else:
            self.unread += 1

    def _note_sent(self, told: Mapping[str, Any]) -> None:
        about = told["kind"], told["label"], told["stage"], told["number"], told["sent"]
        most = {"usd": told["cap_usd"], "input_tokens": told["cap_tokens"]}
        self.found[told["job"], told["sent"]] = Expense(told["job"], *about, **most, is_reckoned=True)

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
