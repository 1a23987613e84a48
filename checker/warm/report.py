"""What a warm check says, in the words of the cold build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checker.errors import ServerFailed
from checker.lean.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.build.certificate import Failure

_SEVERITIES: Final[dict[int, Severity]] = {1: "error", 2: "warning"}


@dataclass(frozen=True, slots=True)
class Report:
    """What Lean says about a text. It certifies nothing: only the cold build does.

    Attributes:
        diagnostics: what Lean said, in the order of the text; their kinds are left empty.
        failure: why the text is not in order, by the names of the cold build; None when Lean has no errors.
        detail: one sentence about the failure.
        warm: whether a running server was used, rather than one started for this.
        seconds: wall time of the check, without that of compiling imports.
    """

    diagnostics: tuple[Diagnostic, ...]
    failure: Failure | None = None
    detail: str = ""
    warm: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether Lean has no errors."""
        return self.failure is None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The messages that refuse it."""
        return tuple(each for each in self.diagnostics if each.severity == "error")


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be proved at a position.

    Attributes:
        text: hypotheses and goals as Lean prints them; empty where there is none.
        failure: why Lean could not be asked, by name; None when it answered.
        detail: one sentence about the failure.
    """

    text: str
    failure: Failure | None = None
    detail: str = ""


class Lines:
    """A text's lines, to translate columns: the server counts UTF-16 units from line 0, the cold build characters."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def position(self, place: dict[str, Any]) -> tuple[int, int]:
        """1-based line and 0-based column in characters of a server's position."""
        line, units = int(place["line"]), int(place["character"])
        text = self._lines[line] if 0 <= line < len(self._lines) else ""
        data = text.encode("utf-16-le", "surrogatepass")[: 2 * max(0, units)]
        return line + 1, len(data.decode("utf-16-le", "replace"))

    def place(self, line: int, column: int) -> dict[str, int]:
        """A server's position of a 1-based line and a 0-based column in characters."""
        text = self._lines[line - 1] if 1 <= line <= len(self._lines) else ""
        return {"line": max(0, line - 1), "character": len(text[: max(0, column)].encode("utf-16-le")) // 2}


def diagnostics_of(found: Sequence[Any], lines: Lines) -> tuple[Diagnostic, ...]:
    """Diagnostics of a server's list, in the order of the text.

    Raises:
        ServerFailed: when they are no diagnostics.
    """
    try:
        made = [_diagnostic(each, lines) for each in found]
    except (KeyError, TypeError, ValueError) as error:
        raise ServerFailed("crash", "Lean's server says something that is no message.") from error
    return tuple(sorted(made, key=lambda each: (each.line, each.column)))


def _diagnostic(found: dict[str, Any], lines: Lines) -> Diagnostic:
    where = found.get("fullRange") or found["range"]
    line, column = lines.position(where["start"])
    end_line, end_column = lines.position(where["end"])
    severity = _SEVERITIES.get(found.get("severity", 1), "information")
    return Diagnostic(severity, line, column, end_line, end_column, "", str(found["message"]))
