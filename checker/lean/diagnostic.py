"""What Lean says about a file, whoever ran it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "information"]
"""How much a message of Lean weighs. Only errors refuse a module."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of Lean about a file.

    Attributes:
        severity: how much it weighs.
        line: 1-based line.
        column: 0-based column in code points, as Lean counts.
        end_line: 1-based line of the end; the start's where Lean gives none.
        end_column: 0-based column of the end.
        kind: Lean's name for the kind of message; empty for most.
        message: the text.
    """

    severity: Severity
    line: int
    column: int
    end_line: int
    end_column: int
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity}: {self.message}"
