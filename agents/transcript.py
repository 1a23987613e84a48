"""The record of an attempt: JSON lines, written as it goes, bounded, so that a person can read what happened."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

MAX_TEXT = 20_000
"""Longest string kept, in characters; the middle of a longer one is left out."""
MAX_BYTES = 4_000_000
"""Largest transcript, in bytes; what comes after is left out, but for the end."""


class Transcript:
    """Appends one JSON object a line to a file; close it, or use it in a `with`.

    Each line has ``at`` (seconds since the epoch), ``kind``, and what belongs to that kind. Every line is handed to
    the system whole before `record` returns, so a killed attempt leaves a readable record.

    Args:
        path: the file; its folder is made where it is missing, and what it holds already is kept.
        max_bytes: how much is added at most, but for the end of the attempt, which is always recorded.
        clock: tells the time, in seconds since the epoch.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._clock = clock
        self._left = max_bytes
        self._full = False

    def record(self, kind: str, **data: Any) -> None:
        """Append one entry.

        Args:
            kind: what happened: ``start``, ``reply``, ``tool``, ``retry``, ``end``.
            data: what belongs to it; anything JSON can hold.
        """
        entry = {"at": round(self._clock(), 3), "kind": kind, **shorten(data)}
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode(errors="replace")
        if kind != "end" and (self._full or len(line) > self._left):
            if not self._full:
                self._full = True
                self._file.write(b'{"kind": "full"}\n')
            return
        self._left -= len(line)
        self._file.write(line)

    def close(self) -> None:
        """Close the file; nothing can be recorded afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def shorten(value: Any, limit: int = MAX_TEXT) -> Any:
    """The same JSON value with every string longer than `limit` characters cut in its middle."""
    if isinstance(value, str):
        return cut(value, limit)
    if isinstance(value, dict):
        return {key: shorten(item, limit) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shorten(item, limit) for item in value]
    return value


def cut(text: str, limit: int) -> str:
    """The text, or its two ends with a note of what was left out, in about `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
