"""What a worker's process prints: a JSON object a line, also of what the libraries have to say on which it stands."""

from __future__ import annotations

import logging
import sys

import structlog

from coordinator.full_disk import if_there_is_room

_LONGEST = 4000
"""Characters of a library's words."""


def print_lines() -> None:
    """From now on, log lines of this process go to standard output, each with what is bound where it is written."""
    words = _Words(sys.stdout)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: words,
    )
    root = logging.getLogger()
    root.handlers = [LibraryLines()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class _Words(structlog.PrintLogger):
    """Prints lines, except those for which a full disk has no room: the work that they tell of goes on."""

    def msg(self, message: str) -> None:
        """Prints a line."""
        with if_there_is_room():
            super().msg(message)

    log = debug = info = warning = error = critical = exception = msg


class LibraryLines(logging.Handler):
    """Writes what libraries log as lines of our own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        try:
            words = " ".join(record.getMessage().split())[:_LONGEST]
            structlog.get_logger().log(record.levelno, words, logger=record.name, exc_info=record.exc_info)
        except (TypeError, ValueError, KeyError, OSError):  # of words that fit no arguments, or nowhere to write
            self.handleError(record)
