"""Log lines as JSON: in files of the campaign's folder that never grow without end, warnings also where people look."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

import structlog

from coordinator.full_disk import if_there_is_room, is_full
from coordinator.work.lines import LibraryLines
from coordinator.work.printed import KEPT, LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from structlog.typing import EventDict

_WARNINGS = frozenset({"warning", "error", "critical"})


@contextmanager
def log_to(file: Path, campaign: str) -> Iterator[None]:
    """Writes all log lines of this process into `file` as long as the context lasts, and warnings to standard error.

    What the libraries warn of on which it stands is a line as well, as from the sending of orders and of traces.

    Args:
        file: where to; made, with its folder, when missing.
        campaign: name that every line bears.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = _Handler(file, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", errors="replace")
    lines = _Lines(handler)

    def name_campaign(_logger: object, _method: str, event: EventDict) -> EventDict:
        return {"campaign": campaign, **event}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.processors.format_exc_info,
            name_campaign,
            _tell_people,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: lines,
    )
    libraries = LibraryLines()
    logging.getLogger().addHandler(libraries)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(libraries)
        structlog.reset_defaults()
        with if_there_is_room():
            handler.close()


def _tell_people(_logger: object, method: str, event: EventDict) -> EventDict:
    if method in _WARNINGS:
        more = ", ".join(f"{name}: {value}" for name, value in event.items() if name not in _KNOWN)
        text = f"{method}: {str(event['event']).replace('_', ' ')}" + (f" ({more})" if more else "")
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        with if_there_is_room():
            sys.stderr.write(f"{printable}\n")
    return event


_KNOWN = frozenset({"event", "campaign", "level", "timestamp", "exception"})


class _Handler(RotatingFileHandler):
    """Leaves out the lines that a full disk has no room for: of those there may be thousands."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in the library
        """Tells of a line that could not be written, unless the disk is full."""
        if not is_full(sys.exception()):
            super().handleError(record)


class _Lines:
    """What structlog writes to: whatever the level, a line is a line."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler

    def msg(self, line: str) -> None:
        """Writes a line."""
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def __getattr__(self, name: str) -> Any:
        if name in {"debug", "info", "warning", "error", "critical", "exception"}:
            return self.msg
        raise AttributeError(name)
