"""What this host has and what it lacks: the checks behind ``blueprover doctor``."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from checker import CheckerError, Sandbox, find_lean
from coordinator.errors import CoordinatorError
from coordinator.git import git_version, require_git
from coordinator.services import embedded_broker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGES = ("agents", "blueprint", "checker", "coordinator", "website")
"""Import packages this distribution provides. Their names are short, so another distribution may provide one too."""

DISTRIBUTION = "blueprover"

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it stands, and a sentence."""

    subject: str
    level: Level
    message: str


def examine() -> Iterator[Finding]:
    """Looks at everything a campaign on this host needs."""
    yield Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield _try("git", _git)
    yield _try("Lean", lambda: find_lean().identity)
    yield _try("sandbox", lambda: (Sandbox.bubblewrap(), "bubblewrap runs without privileges")[1])
    yield _try("broker", lambda: f"embedded Valkey at {embedded_broker()}")
    yield from _name_clashes()


def _git() -> str:
    require_git()
    return ".".join(map(str, git_version()))


def _try(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, "ok", check())
    except (CoordinatorError, CheckerError) as error:
        return Finding(subject, "error", str(error))


def _name_clashes() -> Iterator[Finding]:
    providers = metadata.packages_distributions()
    for package in PACKAGES:
        others = sorted(set(providers.get(package, [])) - {DISTRIBUTION})
        if others:
            yield Finding(
                "packages",
                "warning",
                f"`{package}` is also provided by {', '.join(others)}: give Blueprover its own environment.",
            )
