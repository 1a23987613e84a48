"""The store: one SQLite file (WAL) that is the truth about a campaign. Only the coordinator writes it.

Every transition is one transaction: see `transitions`. Readers, such as ``blueprover status``, open it read-only
while the campaign runs.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine, event, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from coordinator.errors import StoreError
from coordinator.queue import ModuleRecord
from coordinator.schedule.state import OPEN_STATES, CampaignState, Item, Job, PullRequest, Verdict
from coordinator.store.schema import SCHEMA_VERSION, items, jobs, meta, metadata, modules, pull_requests, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

_BUSY_MILLISECONDS = 10_000


class Store:
    """A campaign's store.

    Attributes:
        path: the SQLite file.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Opens the store at `path`; a writable one is made where there is none.

        Raises:
            StoreError: it is missing (read-only), broken, or of another version.
        """
        self.path = path
        address = f"{path.absolute().as_uri()}?mode={'rwc' if writable else 'ro'}"
        self._engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
        )
        event.listen(self._engine, "connect", _set_pragmas_of(writable=writable))
        with self.begin() as connection:
            if writable:
                metadata.create_all(connection)
                connection.execute(insert(meta).values(key="schema", value=SCHEMA_VERSION).on_conflict_do_nothing())
            found = get_meta(connection, "schema", None)
        if found != SCHEMA_VERSION:
            raise StoreError(f"{path} is a store of version {found}; this program knows version {SCHEMA_VERSION}.")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or none.

        Raises:
            StoreError: the file broke or the disk is full; nothing of the transaction is kept.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise StoreError(
                f"The store {self.path} failed: {error.orig}; restore a copy of it if that lasts."
            ) from error
        except sqlite3.Error as error:
            raise StoreError(f"The store {self.path} failed: {error}; restore a copy of it if that lasts.") from error

    def close(self) -> None:
        """Closes the file."""
        self._engine.dispose()


def _set_pragmas_of(*, writable: bool) -> Any:
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        if writable:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")

    return set_pragmas


def get_meta(connection: Connection, key: str, default: Any = "") -> Any:
    """A value kept by name, or `default`."""
    row = connection.execute(select(meta.c.value).where(meta.c.key == key)).first()
    return default if row is None else row.value


def set_meta(connection: Connection, key: str, value: object) -> None:
    """Keeps a value (JSON) by name."""
    statement = insert(meta).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def load_state(connection: Connection) -> CampaignState:
    """Everything a decision depends on."""
    return CampaignState(
        items={(item.label, item.stage): item for item in _load_items(connection)},
        jobs=tuple(live_jobs(connection)),
        pull_requests=tuple(_load_pull_requests(connection)),
        spent_usd=float(connection.execute(select(func.coalesce(func.sum(jobs.c.cost_usd), 0.0))).scalar_one()),
        main=get_meta(connection, "main"),
        certified=get_meta(connection, "certified"),
        audited=get_meta(connection, "audited"),
        audit_failure=_audit_failure(connection),
        audit_errors=_audit_errors(connection),
    )


def _audit_failure(connection: Connection) -> str:
    """What the last audit found wrong, unless ``main`` has moved since."""
    failure = get_meta(connection, "audit_failure", {})
    return str(failure["problem"]) if failure and failure["commit"] == get_meta(connection, "main") else ""


def _audit_errors(connection: Connection) -> tuple[str, ...]:
    rows = connection.execute(
        select(jobs.c.summary).where(
            jobs.c.kind == "audit",
            jobs.c.ending.in_(("failed", "lost")),
            jobs.c.base == get_meta(connection, "main"),
            jobs.c.sent_at >= get_meta(connection, "began", 0.0),
        )
    )
    return tuple(rows.scalars())


def _load_items(connection: Connection) -> Iterator[Item]:
    sent: dict[int, int] = dict(
        connection.execute(
            select(jobs.c.item, func.count()).where(jobs.c.kind == "attempt").group_by(jobs.c.item)
        ).all()
    )
    for row in connection.execute(select(items).order_by(items.c.id)):
        count = sent.get(row.id, 0)
        yield Item(
            id=row.id,
            label=row.label,
            stage=row.stage,
            state=row.state,
            attempts=count - row.forgiven,
            sent=count,
            not_before=row.not_before,
            lock=row.lock,
            axioms=tuple(row.axioms),
            assumes=tuple(row.assumes),
            reason=row.reason,
        )


def live_jobs(connection: Connection) -> list[Job]:
    """Jobs whose lease is held, oldest first."""
    rows = connection.execute(select(jobs).where(jobs.c.state != "ended").order_by(jobs.c.id))
    return [
        Job(
            id=row.id,
            kind=row.kind,
            item=row.item,
            pull_request=row.pull_request,
            number=row.number,
            lease_until=row.lease_until,
            worker=row.worker,
            base=row.base,
            cap_usd=row.cap_usd,
        )
        for row in rows
    ]


def _load_pull_requests(connection: Connection) -> Iterator[PullRequest]:
    given = load_verdicts(connection)
    fruitless = _fruitless_jobs(connection)
    rows = connection.execute(
        select(pull_requests).where(pull_requests.c.state.in_(OPEN_STATES)).order_by(pull_requests.c.number)
    )
    for row in rows:
        yield PullRequest(
            number=row.number,
            item=row.item,
            state=row.state,
            base=row.base,
            head=row.head,
            certified=row.certified,
            verdicts=tuple(given.get(row.number, ())),
            tries=fruitless.get(row.number, 0),
        )


def _fruitless_jobs(connection: Connection) -> Mapping[int, int]:
    """Builds and reviews that failed to give an answer, or lost their worker, by pull request."""
    return dict(
        connection.execute(
            select(jobs.c.pull_request, func.count())
            .where(jobs.c.kind.in_(("review", "build")), jobs.c.ending.in_(("failed", "lost", "limit", "gave_up")))
            .group_by(jobs.c.pull_request)
        ).all()
    )


def load_verdicts(connection: Connection) -> Mapping[int, list[Verdict]]:
    """All verdicts by pull request, in the order given."""
    given: dict[int, list[Verdict]] = {}
    for row in connection.execute(select(verdicts).order_by(verdicts.c.id)):
        verdict = Verdict(row.seat, row.decision, row.reasons, row.commit)
        given.setdefault(row.pull_request, []).append(verdict)
    return given


def load_modules(connection: Connection) -> dict[str, ModuleRecord]:
    """Modules of ``main`` as certified, by name."""
    rows = connection.execute(select(modules))
    return {
        row.name: ModuleRecord(row.source_digest, row.interface_digest, cast("dict[str, str]", row.imports))
        for row in rows
    }
