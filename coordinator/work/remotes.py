"""Fetching from the hub and pushing to it, with patience: a hub that is away for a while costs no work.

What an agent has done is paid for, so that its worker waits with it until the hub is back. Whether the hub is away or
refuses is found out by asking it for its branches: what it refuses fails at once.

What jobs want of a hub while others are at it goes together: one fetch for the commits of all, one push for their
branches, one question whether it is there. Each job still succeeds or fails for itself.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

import structlog

from coordinator.errors import GitError
from coordinator.gathering import LeavableGathering, Left

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coordinator.git import Repository

Wish = TypeVar("Wish")

AWAY_SECONDS = 900.0
"""How long a worker waits for a hub that is away, before the job fails."""

_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
"""Seconds between two tries: the first, and at most, each twice as long as the one before."""

_GLANCE = 0.25
"""Seconds between two looks at whether a job was cancelled."""

_LONGEST_REASON = 500
_TOGETHER = 256
"""Most wishes in one git process: what they name stands on its command line."""

log = structlog.get_logger(__name__)


class _Hub:
    """A hub as all jobs of one worker see it. Safe for many threads, whose wishes are gathered."""

    def __init__(self, mirror: Repository, remote: str) -> None:
        self._mirror = mirror
        self._remote = remote
        self._away_since: float | None = None
        self._guard = threading.Lock()
        self._fetches: LeavableGathering[Sequence[str], GitError | None] = LeavableGathering(self._fetch_all)
        self._pushes: LeavableGathering[tuple[str, str], GitError | None] = LeavableGathering(self._push_all)
        self._questions: LeavableGathering[None, bool] = LeavableGathering(
            lambda asked: [mirror.reaches(remote)] * len(asked)
        )

    def fetch(self, commits: Sequence[str], cancelled: Callable[[], bool]) -> None:
        """Gets those of `commits` that are missing in the mirror, or raises `GitError`."""
        if self._mirror.missing(commits):
            _raise_any(self._fetches.wish(commits, cancelled))

    def push(self, commit: str, ref: str, cancelled: Callable[[], bool]) -> None:
        """Sends a commit to a ref, or raises `GitError`."""
        _raise_any(self._pushes.wish((commit, ref), cancelled))

    def is_there(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Whether it answers."""
        return self._questions.wish(None, cancelled)

    def _fetch_all(self, wishes: Sequence[Sequence[str]]) -> list[GitError | None]:
        def fetch(some: Sequence[Sequence[str]]) -> list[GitError | None]:
            self._mirror.fetch(self._remote, sorted({commit for commits in some for commit in commits}))
            return [None] * len(some)

        return self._each(fetch, wishes)

    def _push_all(self, wishes: Sequence[tuple[str, str]]) -> list[GitError | None]:
        """Pushes all; what is for the same ref, which no push takes twice, one after the other."""
        answers: dict[int, GitError | None] = {}
        left = dict(enumerate(wishes))
        while left:
            first = {ref: number for number, (_, ref) in reversed(left.items())}
            lot = sorted(first.values())
            told = self._each(lambda some: self._mirror.push_all(self._remote, some), [left.pop(n) for n in lot])
            answers |= dict(zip(lot, told, strict=True))
        return [answers[number] for number in range(len(wishes))]

    def _each(
        self, act: Callable[[Sequence[Wish]], list[GitError | None]], wishes: Sequence[Wish]
    ) -> list[GitError | None]:
        """Does what all wish at once; where one of them may have spoilt it for all, by halves."""
        if len(wishes) <= _TOGETHER:
            try:
                return act(wishes)
            except GitError as error:
                if len(wishes) == 1 or not self.is_there():
                    return [error] * len(wishes)
        half = len(wishes) // 2
        return [*self._each(act, wishes[:half]), *self._each(act, wishes[half:])]

    def note_away(self, error: GitError) -> None:
        """Says once that the hub is away, however many jobs wait for it."""
        with self._guard:
            is_news = self._away_since is None
            self._away_since = self._away_since or time.monotonic()
        if is_news:
            log.warning("hub_away", waits_seconds=AWAY_SECONDS, error=str(error)[:_LONGEST_REASON])

    def note_there(self) -> None:
        """Says once that the hub is back, if it was away."""
        if self._away_since is None:
            return
        with self._guard:
            since, self._away_since = self._away_since, None
        if since is not None:
            log.info("hub_back", after_seconds=round(time.monotonic() - since, 1))


class Remotes:
    """How the jobs of one worker reach hubs. Safe for many threads.

    Args:
        mirror: the worker's repository.
    """

    def __init__(self, mirror: Repository) -> None:
        self._mirror = mirror
        self._guard = threading.Lock()
        self._hubs: dict[str, _Hub] = {}

    def fetch(self, remote: str, commits: Sequence[str], cancelled: Callable[[], bool] = lambda: False) -> None:
        """Gets commits from a hub, those that are missing here.

        Raises:
            GitError: the hub does not have them, or was away for too long, or the job was cancelled meanwhile.
        """
        hub = self._hub(remote)
        _reach(hub, lambda: hub.fetch(commits, cancelled), cancelled)

    def push(self, remote: str, commit: str, ref: str, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Sends a commit to a ref of a hub, over whatever it held. Once it returns, the hub has it.

        Raises:
            GitError: the hub refuses, or was away for too long, or the job was cancelled meanwhile.
        """
        hub = self._hub(remote)
        _reach(hub, lambda: hub.push(commit, ref, cancelled), cancelled)

    def _hub(self, remote: str) -> _Hub:
        with self._guard:
            return self._hubs.setdefault(remote, _Hub(self._mirror, remote))


def _reach(hub: _Hub, action: Callable[[], None], cancelled: Callable[[], bool]) -> None:
    """Does what reaches a hub, again and again while that is away; a job that is cancelled leaves git to itself."""
    try:
        _keep_trying(hub, action, cancelled)
    except Left:
        raise GitError("The hub gave no answer before the job was cancelled.") from None


def _keep_trying(hub: _Hub, action: Callable[[], None], cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + AWAY_SECONDS
    pause, refused = _PAUSE, False
    while True:
        try:
            action()
        except GitError as error:
            if not hub.is_there(cancelled):
                hub.note_away(error)
            elif refused:
                raise
            else:  # it may have come back between the two
                refused = True
                continue
            if cancelled() or time.monotonic() > until:
                raise
        else:
            hub.note_there()
            return
        refused = False
        _rest(pause, cancelled)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _raise_any(error: GitError | None) -> None:
    if error is not None:
        raise error


def _rest(seconds: float, cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not cancelled() and (left := until - time.monotonic()) > 0:
        time.sleep(min(_GLANCE, left))
