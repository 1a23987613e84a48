"""What this host has and what it lacks: the checks behind ``blueprover doctor``."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from checker import CheckerError, LakeProject, LakeToolchain, Sandbox, find_lean, toolchain_of
from checker.gate.comparator import brings_comparator
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.errors import CoordinatorError
from coordinator.git import git_version, require_git
from coordinator.views.campaign_check import examine_campaign
from coordinator.views.finding import Finding, look_at
from coordinator.work.services import embedded_broker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker import Choice

PACKAGES = ("agents", "blueprint", "checker", "coordinator", "website")
"""Import packages this distribution provides. Their names are short, so another distribution may provide one too."""

DISTRIBUTION = "blueprover"


def examine(project: Path | None = None, lean: Choice = "auto") -> Iterator[Finding]:
    """Looks at everything a campaign on this host needs.

    Args:
        project: a folder of Lean sources, or a campaign's, to look at too.
        lean: which Lean sources are compiled with; found when it is ``auto``.
    """
    yield Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield look_at("git", _git)
    yield look_at("Lean", _lean)
    yield look_at("sandbox", lambda: (Sandbox.bubblewrap(), "bubblewrap runs without privileges")[1])
    yield look_at("broker", lambda: f"embedded Valkey at {embedded_broker()}")
    yield from _name_clashes()
    if project is not None and (project / SETTINGS_FILE).is_file():
        yield from examine_campaign(project)
    elif project is not None:
        yield _project(project, lean)


def _project(folder: Path, choice: Choice) -> Finding:
    """Which Lean a folder is compiled with, and whether a campaign can work on it yet."""
    if not folder.is_dir():
        return Finding(str(folder), "error", "There is no such folder; name that of a Lean project or a campaign.")
    try:
        toolchain = toolchain_of(folder, choice)
        if not isinstance(toolchain, LakeToolchain):
            return Finding(str(folder), "ok", f"compiled with the embedded Lean {toolchain.version}")
        found = LakeProject(folder, toolchain, Sandbox.bubblewrap()).search_path()
    except (CoordinatorError, CheckerError) as error:
        return Finding(str(folder), "error", str(error))
    told = f"lake loads it, with Lean {toolchain.version} of {toolchain.root}"
    judged = "; its own comparator judges proofs last" if brings_comparator(toolchain) else ""
    return Finding(str(folder), "ok", f"{told} and {len(found)} folders of compiled modules{judged}")


def _lean() -> str:
    return f"embedded, {find_lean().identity}"


def _git() -> str:
    require_git()
    return ".".join(map(str, git_version()))


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
