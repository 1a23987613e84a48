"""The record of an attempt: JSON lines, written as it goes, bounded, so that a person can read what happened."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_TEXT = 20_000
"""Longest string kept, in characters; the middle of a longer one is left out."""
MAX_BYTES = 4_000_000
"""Largest transcript, in bytes; what comes after is left out, but for the end."""


class Transcript:
    """Appends one JSON object a line to a file, or nowhere.

    Each line has ``at`` (seconds since the epoch), ``kind``, and what belongs to that kind. Every line is
    complete on disk when `record` returns, so a killed attempt leaves a readable record.
    """

    def __init__(
        self, path: Path | None, *, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._clock = clock
        self._left = max_bytes
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def record(self, kind: str, **data: Any) -> None:
        """Append one entry.

        Args:
            kind: what happened: ``start``, ``reply``, ``tool``, ``retry``, ``end``.
            data: what belongs to it; anything JSON can hold.
        """
        if self._path is None:
            return
        entry = {"at": round(self._clock(), 3), "kind": kind, **shorten(data)}
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        if len(line) > self._left and kind != "end":
            if self._left > 0:
                self._left = 0
                self._append(b'{"kind": "full"}\n')
            return
        self._left -= len(line)
        self._append(line)

    def _append(self, line: bytes) -> None:
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(line)


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
