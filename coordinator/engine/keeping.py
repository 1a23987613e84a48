"""Keeping backups of the store while its campaign runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

import structlog

from coordinator.engine.background import Recurring
from coordinator.errors import CoordinatorError
from coordinator.store.backups import back_up_beside

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.campaign.settings import StoreSettings

log = structlog.get_logger(__name__)

_MINUTE = 60.0


class Backups:
    """Backs up a store in the background: at the start, every so many minutes, and at the end. Use as a context.

    Args:
        file: the store; ``None`` for one in a database server, which is backed up there.
        settings: how often, and how many are kept.
    """

    def __init__(self, file: Path | None, settings: StoreSettings) -> None:
        self._file = file if settings.backup_minutes else None
        self._kept = settings.backups_kept
        self._recurring = Recurring(self._make, settings.backup_minutes * _MINUTE, first=0.0, name="backup")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._recurring.__exit__(*error)
        self._make()

    def make_if_due(self) -> None:
        """Starts a backup when it is time for one and the last is over."""
        if self._file is not None:
            self._recurring.start_if_due()

    def _make(self) -> None:
        """Makes a backup. Where that fails, the campaign goes on and the log says why."""
        if self._file is None:
            return
        try:
            back_up_beside(self._file, now=time.time(), keep=self._kept)
        except CoordinatorError as error:
            log.warning("backup_not_made", error=str(error))
