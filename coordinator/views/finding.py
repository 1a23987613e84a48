"""What ``blueprover doctor`` finds: one check, how it stands, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents import AgentError
from blueprint import BlueprintError
from checker import CheckerError
from coordinator.errors import CoordinatorError

if TYPE_CHECKING:
    from collections.abc import Callable

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it stands, and a sentence."""

    subject: str
    level: Level
    message: str


def look_at(subject: str, check: Callable[[], str]) -> Finding:
    """What a check says, or the error that it ends with, if that is one which people can cause."""
    try:
        return Finding(subject, "ok", check())
    except (CoordinatorError, CheckerError, BlueprintError, AgentError) as error:
        return Finding(subject, "error", str(error))
