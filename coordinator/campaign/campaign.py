"""A campaign on disk: its folder, its lock, its hub, and the book as the hub holds it."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING

from blueprint import Blueprint, DependencyGraph
from coordinator.campaign.declared import find_declared
from coordinator.campaign.layout import Home, plan_homes
from coordinator.campaign.reading import read_kept
from coordinator.campaign.settings import Settings, load_settings
from coordinator.errors import BookError, CampaignBusy, GitError, NotACampaign
from coordinator.git import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from coordinator.campaign.inbox import Inbox


_GLANCE = 0.5
"""Seconds for which `Campaign.is_running` of other processes may hold the lock, and more."""

_DOES_NOT_PARSE = ("BP10", "BP11")
"""Problem codes of sources that could not be read, or have no structure."""


@dataclass(frozen=True)
class Campaign:
    """One campaign's folder.

    Attributes:
        folder: absolute path of the campaign folder.
        settings: what its ``campaign.yaml`` says.
    """

    folder: Path
    settings: Settings

    @classmethod
    def open(cls, folder: Path) -> Campaign:
        """Opens the campaign in `folder`.

        Raises:
            NotACampaign: `folder` holds no campaign, or one without a hub.
            SettingsError: its settings are wrong.
        """
        campaign = cls(folder.resolve(), load_settings(folder))
        if not (campaign.hub_path / "HEAD").is_file():
            raise NotACampaign(f"{campaign.hub_path} is no git repository; `blueprover init` makes the hub.")
        return campaign

    @property
    def hub_path(self) -> Path:
        """The bare repository."""
        return self.folder / self.settings.hub

    @property
    def store_path(self) -> Path:
        """The store's file, unless the settings name a database server."""
        return self.folder / "store.sqlite"

    @property
    def site_path(self) -> Path:
        """The site's folder."""
        return self.folder / "site"

    @property
    def inbox(self) -> Inbox:
        """Where people's wishes wait."""
        from coordinator.campaign.inbox import Inbox  # noqa: PLC0415 - few wish for something

        return Inbox(self.folder / "inbox")

    @property
    def packages(self) -> Path | None:
        """The project on this host with compiled packages; ``None`` where the settings name none."""
        named = self.settings.workers.packages
        return None if named is None else self.folder / named

    @cached_property
    def hub(self) -> Repository:
        """The hub."""
        return Repository(self.hub_path)

    @property
    def remote(self) -> str:
        """Where workers fetch from and push to."""
        return self.settings.remote or str(self.hub_path)

    def main(self) -> str:
        """The tip of ``main``.

        Raises:
            GitError: the hub has no ``main``.
        """
        tip = self.hub.head()
        if tip is None:
            raise GitError(f"{self.hub_path} has no branch main; `blueprover init` makes it.")
        return tip

    def read_book(self) -> Book:
        """The blueprint as ``main`` holds it.

        Raises:
            blueprint.BlueprintError: there is nothing to read.
            BookError: it does not parse, holds no statements, or its nodes have no place in Lean.
        """
        commit = self.main()
        there = self.hub.blobs(commit)
        blueprint = read_kept(self.hub, commit, there, self.settings.book, self.folder / "book.kept")
        _require_readable(blueprint)
        homes = plan_homes(blueprint, self.settings.library)
        self._find_homes(homes, there)
        return Book(blueprint, DependencyGraph(blueprint), homes)

    def _find_homes(self, homes: dict[str, Home], there: Mapping[str, str]) -> None:
        """Moves the homes of nodes that ``main``, with these files, declares elsewhere than where they were planned."""
        planned = {label: home.path for label, home in homes.items()}
        wanted = {homes[label].declaration: label for label, path in planned.items() if path not in there}
        for declaration, module in find_declared(self.hub, there, wanted, set(planned.values())).items():
            homes[wanted[declaration]] = Home(module, declaration)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the campaign for this process; the kernel lets go of it when the process dies.

        Raises:
            CampaignBusy: another coordinator holds it.
        """
        with self._lock_file.open("a+", encoding="utf-8") as file:
            try:
                _seize(file)
            except OSError as error:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise CampaignBusy(
                    f"{self.folder} is already being run by process {holder}; stop that one first."
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def is_running(self) -> bool:
        """Whether a coordinator holds the campaign right now."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
            return False

    def runner(self) -> int:
        """Process id of the coordinator that holds the campaign; 0 where it is not known."""
        try:
            return int(self._lock_file.read_text(encoding="utf-8") or 0)
        except (OSError, ValueError):
            return 0

    @property
    def _lock_file(self) -> Path:
        return self.folder / "coordinator.lock"


def _seize(file: IO[str]) -> None:
    """Locks a file; tries again for a moment, for whoever only looks holds it for an instant too.

    Raises:
        OSError: somebody else holds it.
    """
    until = time.monotonic() + _GLANCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _require_readable(blueprint: Blueprint) -> None:
    """Refuses a book of which some part could not be read: what is missing would be missing in Lean too.

    An unresolved label or a cycle is no reason: such books exist, and the rest of them can be formalized.
    """
    broken = [
        problem
        for problem in blueprint.problems
        if problem.severity == "error" and problem.code.startswith(_DOES_NOT_PARSE)
    ]
    if broken:
        first, more = broken[0], f" ({len(broken) - 1} more: see `blueprover check`)" if broken[1:] else ""
        raise BookError(f"The book does not parse: {first.place}: {first.message}{more}")
    if not blueprint.nodes:
        raise BookError("The book holds no statements: no theorem, lemma or definition was found in it.")


@dataclass(frozen=True)
class Book:
    """The blueprint with its graph and its nodes' homes in Lean, which an audit may find elsewhere than planned."""

    blueprint: Blueprint
    graph: DependencyGraph
    homes: dict[str, Home]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Node labels by declaration."""
        return {home.declaration: label for label, home in self.homes.items()}
