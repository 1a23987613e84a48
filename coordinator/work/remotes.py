"""Fetching from the hub and pushing to it, with patience: a hub that is away for a while costs no work.

What an agent has done is paid for, so that its worker waits with it until the hub is back. Whether the hub is away or
refuses is found out by asking it for its branches: what it refuses fails at once.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coordinator.git import Repository

AWAY_SECONDS = 900.0
"""How long a worker waits for a hub that is away, before the job fails."""

_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
"""Seconds between two tries: the first, and at most, each twice as long as the one before."""

_GLANCE = 0.25
"""Seconds between two looks at whether a job was cancelled."""

_LONGEST_REASON = 500

log = structlog.get_logger(__name__)


class Remotes:
    """How the jobs of one worker reach hubs. Safe for many threads.

    Args:
        mirror: the worker's repository.
    """

    def __init__(self, mirror: Repository) -> None:
        self._mirror = mirror
        self._guard = threading.Lock()
        self._fetching = threading.Lock()
        self._away_since: dict[str, float] = {}

    def fetch(self, remote: str, commits: Sequence[str], cancelled: Callable[[], bool] = lambda: False) -> None:
        """Gets commits from a hub, those that are missing here.

        Raises:
            GitError: the hub does not have them, or was away for too long, or the job was cancelled meanwhile.
        """

        def get() -> None:
            with self._fetching:
                self._mirror.fetch(remote, commits)

        self._reach(remote, get, cancelled)

    def push(self, remote: str, commit: str, ref: str, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Sends a commit to a ref of a hub, over whatever it held.

        Raises:
            GitError: the hub refuses, or was away for too long, or the job was cancelled meanwhile.
        """
        self._reach(remote, lambda: self._mirror.push(remote, commit, ref), cancelled)

    def _reach(self, remote: str, action: Callable[[], None], cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + AWAY_SECONDS
        pause, refused = _PAUSE, False
        while True:
            try:
                action()
            except GitError as error:
                if not self._mirror.reaches(remote):
                    self._note_away(remote, error)
                elif refused:
                    raise
                else:  # it may have come back between the two
                    refused = True
                    continue
                if cancelled() or time.monotonic() > until:
                    raise
            else:
                self._note_there(remote)
                return
            refused = False
            _rest(pause, cancelled)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _note_away(self, remote: str, error: GitError) -> None:
        """Says once that a hub is away, however many jobs wait for it."""
        with self._guard:
            is_news = remote not in self._away_since
            self._away_since.setdefault(remote, time.monotonic())
        if is_news:
            log.warning("hub_away", waits_seconds=AWAY_SECONDS, error=str(error)[:_LONGEST_REASON])

    def _note_there(self, remote: str) -> None:
        with self._guard:
            since = self._away_since.pop(remote, None)
        if since is not None:
            log.info("hub_back", after_seconds=round(time.monotonic() - since, 1))


def _rest(seconds: float, cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not cancelled() and (left := until - time.monotonic()) > 0:
        time.sleep(min(_GLANCE, left))
