"""What a database's errors mean for the campaign, each in one sentence."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from coordinator.errors import StoreError
from coordinator.store.backups import BROKEN, newest_good

if TYPE_CHECKING:
    from pathlib import Path

_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_UNWRITTEN = ("SQLITE_FULL", "SQLITE_IOERR")


def explain(error: Exception, name: str, file: Path | None, patience: float) -> StoreError:
    """The error to raise for one of the database.

    Args:
        error: what the database said.
        name: of the store, for people.
        file: the store's SQLite file; ``None`` for another database.
        patience: seconds that it waited for a lock.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = " ".join(str(cause).split())
    code = str(getattr(cause, "sqlite_errorname", ""))
    if file is None or not isinstance(cause, sqlite3.Error):
        return StoreError(f"The store {name} failed: {said}.")
    if code.startswith(_LOCKED):
        return StoreError(
            f"The store {name} was locked by another process for {patience:g} s: nothing of this step was kept; end "
            f"that process and run again."
        )
    if code.startswith(_UNWRITTEN):
        return StoreError(
            f"The store {name} could not be written or read ({said}): nothing of this step was kept; if the disk is "
            f"full make room, then run again."
        )
    if code.startswith(BROKEN):
        return broken(file, said)
    if code == "SQLITE_CANTOPEN":
        return StoreError(f"The store {name} cannot be opened: {said}.")
    return StoreError(f"The store {name} failed: {said}.")


def broken(file: Path, said: str) -> StoreError:
    """The error to raise for a store whose file is damaged, with the backup to go back to."""
    backup = newest_good(file)
    if backup is None:
        remedy = "there is no good backup beside it: put a copy of your own in its place"
    else:
        remedy = f"the newest good backup is {backup}, and `blueprover restore {file.parent}` puts it in place"
    return StoreError(f"The store {file} is broken ({said}); {remedy}.")
