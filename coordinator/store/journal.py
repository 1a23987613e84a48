"""The journal of what is spent: a file beside the store, a line for each job that agents get and for what it cost.

It outlives a store that breaks: what was spent since the newest backup can be counted again from it. Lines are
appended after the transaction that they tell of, and before what it sends out goes out: so no agent spends anything
that the journal has no line of. Of a job that has a line when it was sent and none of its end, it is only known what
it might spend at most.

While a job runs, it has a line more each time that it has used another tenth of what it is allowed to. So the file
grows by a few hundred bytes for each job of an agent, or by a thousand, which is less than the store does.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from agents import Usage
from coordinator.errors import StoreError
from coordinator.store.expenses import COSTLY
from coordinator.store.journal_lines import MONEY, STEPS
from coordinator.store.schema import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from coordinator.store.ledger import Ledger
    from coordinator.store.transaction import Event

JOURNAL = "spending.jsonl"
"""Its name, beside the store's file."""

_SYNC_SECONDS = 5.0
"""How often it is made sure that lines are on the disk; the store itself lets the system take its time."""


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
        self._live: dict[int, _Live] = {}
        self._synced_at = time.monotonic()
        try:
            self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._begin(ledger, now)
        except OSError as error:
            raise self._unwritable(error) from error
        ledger.listeners.append(self._hear)

    def note_told(self, told: Mapping[int, Usage]) -> None:
        """Writes lines on those jobs that have used much more than when they were last written of.

        Raises:
            StoreError: they cannot be written.
        """
        lines = []
        for job, used in told.items():
            live, tokens = self._live.get(job), used.prompt_tokens + used.output_tokens
            if live is not None and live.has_step(used.cost_usd, tokens):
                live.told_usd, live.told_tokens = used.cost_usd, tokens
                lines.append({"job": job, "sent": live.sent_at, "told_usd": used.cost_usd, "told_tokens": tokens})
        self._write_if_any(lines)

    def close(self) -> None:
        """Makes sure that all lines are on the disk."""
        with suppress(OSError):  # they are written: where the disk has no room, the system says so to the next writer
            os.fdatasync(self._handle)
        os.close(self._handle)

    def _begin(self, ledger: Ledger, now: float) -> None:
        """Ends a line that a killed process left unfinished, or writes the first ones: since when, what is at work."""
        with ledger.begin() as transaction:
            live = transaction.execute(_LIVE).all()
        self._live = {row.id: _Live(row.sent_at, row.cap_usd, row.cap_tokens or 0) for row in live}
        size = os.fstat(self._handle).st_size
        if not size:
            self._write([{"since": now}, *(self._line_of_sent(row.kind, row.id, row.item, row.number) for row in live)])
            told = [
                (row.id, row.told_usd or 0.0, row.told_input_tokens or 0, row.told_output_tokens or 0) for row in live
            ]
            self.note_told({job: Usage(read, written, cost_usd=usd) for job, usd, read, written in told})
        elif os.pread(self._handle, 1, size - 1) != b"\n":
            self._append(b"\n")

    def _hear(self, events: Sequence[Event], _seconds: float) -> None:
        """Writes lines on what happened in a transaction.

        Raises:
            StoreError: they cannot be written; what the transaction was to send is not sent then.
        """
        self._write_if_any(list(self._lines(events)))

    def _write_if_any(self, lines: Sequence[Mapping[str, Any]]) -> None:
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
                known = self._state.job(data["job"])  # none where it has ended already
                caps = (0.0, 0) if known is None else (known.cap_usd, known.cap_tokens or 0)
                self._live[data["job"]] = _Live(event.at, *caps)
                yield self._line_of_sent(kind, data["job"], data.get("item"), data.get("number", 1))
            elif (what == "ended" and kind in COSTLY) or data.get("of") in COSTLY:
                job = data["job"]
                live = self._live.pop(job, None)
                sent_at = data.get("sent_at", live.sent_at if live is not None else 0.0)
                told = {name: data[name] for name in MONEY if data.get(name)}
                more = {"more": True} if event.kind == "late_report" else {"ending": data.get("ending", "")}
                yield {"job": job, "sent": sent_at, "ended": data.get("ended_at", event.at), **more, **told}

    def _line_of_sent(self, kind: str, job: int, item: int | None, number: int) -> Mapping[str, Any]:
        subject = self._state.by_id.get(item or 0)
        live = self._live[job]
        return {
            "job": job,
            "sent": live.sent_at,
            "kind": kind,
            "label": subject.label if subject is not None else "",
            "stage": subject.stage if subject is not None else "",
            "number": number,
            "cap_usd": live.cap_usd,
            "cap_tokens": live.cap_tokens,
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


_LIVE = select(jobs).where(jobs.c.state != "ended", jobs.c.kind.in_(COSTLY))


@dataclass(slots=True)
class _Live:
    """A job under way: when it was sent, what it may use, and what the last line on it says that it has used."""

    sent_at: float
    cap_usd: float
    cap_tokens: int
    told_usd: float = 0.0
    told_tokens: int = 0

    def has_step(self, usd: float, tokens: int) -> bool:
        """Whether it has used so much more that a line is due."""
        more_usd, more_tokens = usd - self.told_usd, tokens - self.told_tokens
        return more_usd * STEPS >= self.cap_usd > 0 or more_tokens * STEPS >= self.cap_tokens > 0
