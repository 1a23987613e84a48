"""Problems as workflow commands of GitHub Actions, which show each one beside its line in a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.catalogue import catalogue

if TYPE_CHECKING:
    from blueprint.problem import Problem

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
"""GitHub's word for each severity."""

_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def annotation(problem: Problem, prefix: str = "") -> str:
    """Return one problem as one line, without a line break at its end.

    Args:
        problem: what was found.
        prefix: the folder that was read, relative to the root of the repository; empty where it is the root.
    """
    place, entry = problem.place, catalogue().get(problem.code)
    title = f"{problem.code}: {entry.name}" if entry else problem.code
    message = f"{problem.message}\nFix: {entry.fix.replace('`', '')}" if entry else problem.message
    properties = {
        "file": f"{prefix}/{place.file}" if prefix else place.file,
        "line": str(place.line),
        "col": str(place.column),
        "title": title,
    }
    written = ",".join(f"{key}={_escape(value, _IN_PROPERTY)}" for key, value in properties.items())
    return f"::{COMMANDS[problem.severity]} {written}::{_escape(message, _IN_TEXT)}"


def _escape(text: str, escapes: dict[str, str]) -> str:
    """Escape what ends a line or a property; other line breaks of Unicode become blanks."""
    escaped = "".join(escapes.get(character, character) for character in text)
    return " ".join(escaped.splitlines()).encode("utf-8", "replace").decode("utf-8")
