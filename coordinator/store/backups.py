"""Backups of a store's SQLite file: made while the campaign runs, kept beside it, and put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from coordinator.errors import InputError, StoreError
from coordinator.store.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMPTY = "it is empty"
"""What is said of a file without any table: a store that was not made yet, or one that was cut off."""

BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
"""How the names of SQLite's errors begin that tell of a damaged file."""

_FOLDER = "backups"
_TIMED = "store-"
_KEPT = "kept-"
_ASIDE = "-replaced-"
_LOG_FILES = ("-wal", "-shm")
"""Files that belong to a SQLite file in its write-ahead mode."""


def back_up(file: Path, target: Path) -> None:
    """Copies a store, as it is at one moment, whatever its coordinator is doing; `target` is whole or not there.

    Raises:
        InputError: there is no store, or `target` is there already.
        StoreError: the store is broken, or the copy cannot be written.
    """
    if not file.is_file():
        raise InputError(f"There is no store {file} yet: `blueprover run` makes it.")
    if target.exists():
        raise InputError(f"{target} is there already; name another file.")
    with whole_file(target, f"The backup {target} cannot be made") as part:
        problem = _damage_met(file, part) or damage_of(part)
        if problem:
            raise StoreError(f"The store {file} is broken ({problem}): no backup was made of it.")


def back_up_beside(file: Path, *, now: float, keep: int) -> Path:
    """Makes a backup in the campaign's folder, and drops all but the newest `keep`. Returns where it is.

    Raises:
        StoreError: the store is broken, or the copy cannot be written; older backups are all kept then.
    """
    target = _fresh(file, _TIMED, now)
    back_up(file, target)
    unfinished = target.parent.glob("*.part*")  # of a process that was killed
    for old in (*_backups(file, _TIMED)[keep:], *unfinished):
        old.unlink(missing_ok=True)
    return target


def back_up_for_good(file: Path, *, now: float) -> Path:
    """Makes a backup that no later one drives out: before the store is changed from its ground up.

    Raises:
        StoreError: the store is broken, or the copy cannot be written.
    """
    target = _fresh(file, _KEPT, now)
    back_up(file, target)
    return target


def newest_good(file: Path) -> Path | None:
    """The newest backup beside a store that can be read from end to end; ``None`` where there is none."""
    return next((each for each in _backups(file, "") if not damage_of(each)), None)


def restore(
    file: Path, source: Path | None, *, now: float, complete: Callable[[Path], None] | None = None
) -> tuple[Path, Path | None]:
    """Puts a backup in the place of a store. The caller holds the campaign's lock.

    Args:
        file: the store's file, which is kept under another name.
        source: the backup; the newest good one when left out.
        now: seconds since the epoch.
        complete: given the copy before it takes the store's place, to write into it what it does not know.

    Returns:
        The backup, and where the store that was there is now (``None``: there was none).

    Raises:
        InputError: there is no backup.
        StoreError: the backup is broken, or cannot be copied; nothing was changed then.
    """
    chosen = source or newest_good(file)
    if chosen is None or not chosen.is_file():
        raise InputError(f"There is no backup {source or f'in {file.parent / _FOLDER}'} to restore.")
    problem = damage_of(chosen)
    if problem:
        raise StoreError(f"The backup {chosen} is broken ({problem}): name another one.")
    aside: Path | None = None
    with whole_file(file, f"{chosen} cannot be copied to {file}") as part:
        for ending in _LOG_FILES:  # of one that was killed: it is no log of this copy
            part.with_name(part.name + ending).unlink(missing_ok=True)
        _copy(chosen, part)
        _forget_workers(part)
        if complete is not None:
            complete(part)
        aside = _set_aside(file, now)
    return chosen, aside


def set_aside_beside(file: Path) -> list[Path]:
    """The stores that were set aside for another in the place of `file`, oldest first."""
    return sorted(file.parent.glob(f"{file.stem}{_ASIDE}*{file.suffix}"))


def damage_of(file: Path) -> str:
    """What is wrong with a SQLite file that nobody writes; empty when all of it can be read."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return damage_seen(connection)
    except sqlite3.Error as error:
        return str(error)


def damage_seen(connection: sqlite3.Connection) -> str:
    """What is wrong with the database of a connection, in the database's words; empty when nothing is."""
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return EMPTY
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    return "" if found == ["ok"] else " ".join(" ".join(found).split())


def has_backups(file: Path) -> bool:
    """Whether a store was ever backed up beside its file."""
    return bool(_backups(file, ""))


def _copy(source: Path, target: Path) -> None:
    """Copies a database in one step, within one read transaction, into a file without a log beside it."""
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as opened, closing(sqlite3.connect(target)) as copy:
        opened.execute("PRAGMA busy_timeout=10000")
        opened.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _damage_met(source: Path, target: Path) -> str:
    """Copies a database; says what damage it met with on the way, empty for none."""
    try:
        _copy(source, target)
    except sqlite3.DatabaseError as error:
        if not str(getattr(error, "sqlite_errorname", "")).startswith(BROKEN):
            raise
        return str(error)
    return ""


def _forget_workers(file: Path) -> None:
    """Lets the campaign take another name in the broker.

    Ids of jobs are given again after the backup was made: a worker that still has one of those that were forgotten
    must not be heard in the place of another.
    """
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM meta WHERE key = 'key'")
        connection.commit()


def _set_aside(file: Path, now: float) -> Path | None:
    """Renames a store with its log, the log first: it must never be taken for that of another file."""
    aside = _unused(file.with_name(f"{file.stem}{_ASIDE}{_stamp(now)}{file.suffix}"))
    for ending in (*_LOG_FILES, ""):
        there = file.with_name(file.name + ending)
        if there.exists():
            there.rename(aside.with_name(aside.name + ending))
    return aside if aside.exists() else None


def _fresh(file: Path, kind: str, now: float) -> Path:
    """A name that no backup has, in the order of time."""
    return _unused(file.parent / _FOLDER / f"{kind}{_stamp(now)}.sqlite")


def _unused(file: Path) -> Path:
    """The same name, or one that comes after it, that no file has."""
    found, count = file, 1
    while found.exists():
        count += 1
        found = file.with_name(f"{file.stem}-{count:03}{file.suffix}")
    return found


def _backups(file: Path, kind: str) -> list[Path]:
    """Backups of a kind beside a store (all kinds: empty), newest first."""
    found = (file.parent / _FOLDER).glob(f"{kind}*.sqlite")
    return sorted(found, key=lambda each: (each.stem.partition("-")[2], each.stem), reverse=True)


def _stamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
