"""Versions of the store's tables: which one a database has, and the way from an older one to this program's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from coordinator.errors import StoreError
from coordinator.store.portable import insert_missing
from coordinator.store.schema import (
    BEFORE_MIGRATIONS,
    OLDER_PROGRAMS_REFUSE,
    REVISION,
    bookkeeping,
    meta,
    metadata,
    revisions,
)

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).with_name("migrations")
"""Where the steps are, as alembic lays them out."""


def version_of(connection: Connection) -> str | None:
    """The version of a database's tables; ``None`` when it has no table at all.

    Raises:
        StoreError: what it holds is no store.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if revisions.name in tables:
        found = connection.execute(select(revisions.c.version_num)).scalar_one_or_none()
        return "" if found is None else str(found)
    if meta.name not in tables:
        raise StoreError("It holds tables, but those of something else than a campaign: give it a place of its own.")
    legacy: Any = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one_or_none()
    return BEFORE_MIGRATIONS.get(legacy, str(legacy))


def make_tables(connection: Connection) -> None:
    """Makes all tables in an empty database."""
    metadata.create_all(connection)
    bookkeeping.create_all(connection)
    connection.execute(revisions.insert().values(version_num=REVISION))
    connection.execute(meta.insert().values(key="schema", value=OLDER_PROGRAMS_REFUSE))


def is_older(version: str) -> bool:
    """Whether there is a way from a version to this program's."""
    return version != REVISION and version in _known()


def migrate(connection: Connection, version: str) -> None:
    """Brings tables of a version to this program's: all of the way, or, with the transaction, nothing of it."""
    from alembic import command  # noqa: PLC0415 - a fifth of a second that only those pay who migrate

    bookkeeping.create_all(connection)
    insert_missing(connection, revisions, [{"version_num": version}])
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def alembic_config() -> Config:
    """What alembic is to know."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def refusal(name: str, version: str) -> StoreError:
    """The error for a store whose version is not this program's, for somebody who may not or cannot migrate it."""
    if is_older(version):
        return StoreError(
            f"{name} is a store of version {version}, older than this program's {REVISION}: `blueprover run` brings it "
            f"up to date, and so does `blueprover migrate`."
        )
    return StoreError(
        f"{name} is a store of version {version or 'unknown'}; this program knows versions up to {REVISION}: use the "
        f"one that made it."
    )


def _known() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    directory: Any = ScriptDirectory.from_config(alembic_config())
    return {str(step.revision) for step in directory.walk_revisions()}
