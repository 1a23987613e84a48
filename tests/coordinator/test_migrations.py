"""Stores of other versions: older ones are brought up to date by who may write them, newer ones refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

from coordinator.errors import StoreError
from coordinator.schedule.budget import Money
from coordinator.store.kept import get_meta
from coordinator.store.loading import load_state
from coordinator.store.migrating import MIGRATIONS, alembic_config, make_tables, migrate
from coordinator.store.schema import OLDER_PROGRAMS_REFUSE, REVISION, events, items, metadata, pull_requests
from coordinator.store.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

SUPPORT = Path(__file__).parents[1] / "support"


def old_store(file: Path) -> Path:
    """A store as the first program made it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((SUPPORT / "store_version_1.sql").read_text(encoding="utf-8"))
    return file


def rows(file: Path) -> dict[str, list[Any]]:
    """All that is in a file, by table."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}


def differences(connection: Connection) -> list[Any]:
    found: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
    return found


def test_an_old_store_is_brought_up_to_date_when_the_coordinator_opens_it(tmp_path: Path) -> None:
    file = old_store(tmp_path / "store.sqlite")
    before = rows(file)
    store = Store(file, writable=True)
    with store.begin() as transaction:
        assert differences(transaction.connection) == []
        state = load_state(transaction)
        assert get_meta(transaction, "state") == "stopped"
    store.close()
    assert (state.items["thm:a", "statement"].state, state.spent_usd) == ("landed", 0.75)
    after = rows(file)
    assert after.pop("alembic_version") == [(REVISION,)]
    assert [after.pop(name) for name in ("wishes", "issues", "batches", "certificates", "audits")] == [
        [],
        [],
        [],
        [],
        [],
    ]
    assert {name: len(found) for name, found in after.items()} == {name: len(found) for name, found in before.items()}
    assert after["events"] == before["events"]


def test_a_store_of_the_last_version_before_the_migrations_is_brought_up_to_date_too(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    Store(file, writable=True).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "DROP TABLE alembic_version; UPDATE meta SET value = '2' WHERE key = 'schema';"
            "DROP TABLE issues; ALTER TABLE pull_requests DROP COLUMN closes;"
            "ALTER TABLE pull_requests DROP COLUMN joined; ALTER TABLE pull_requests DROP COLUMN rung;"
            "ALTER TABLE jobs DROP COLUMN cap_tokens; ALTER TABLE jobs DROP COLUMN told_usd;"
            "ALTER TABLE jobs DROP COLUMN told_input_tokens; ALTER TABLE jobs DROP COLUMN told_output_tokens;"
            "ALTER TABLE pull_requests DROP COLUMN authored; ALTER TABLE pull_requests DROP COLUMN authored_on;"
            "ALTER TABLE pull_requests DROP COLUMN standing; ALTER TABLE pull_requests DROP COLUMN follows;"
            "ALTER TABLE pull_requests DROP COLUMN tries_since;"
            "DROP TABLE batches; DROP TABLE audits; DROP TABLE certificates;"
            "ALTER TABLE items DROP COLUMN pushed;"
        )
    store = Store(file, writable=True)
    with store.begin() as transaction:
        assert differences(transaction.connection) == []
        assert get_meta(transaction, "schema") == OLDER_PROGRAMS_REFUSE
    store.close()


def test_what_an_old_store_held_is_kept_in_a_backup_before_anything_is_changed(tmp_path: Path) -> None:
    file = old_store(tmp_path / "store.sqlite")
    before = rows(file)
    for _ in range(2):
        Store(file, writable=True).close()
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name.startswith("kept-")
    assert rows(backup) == before


def test_without_room_for_the_backup_an_old_store_stays_as_it_is(tmp_path: Path) -> None:
    file = old_store(tmp_path / "store.sqlite")
    before = rows(file)
    (tmp_path / "backups").write_text("in the way of a folder")
    with pytest.raises(StoreError, match="backups"):
        Store(file, writable=True)
    assert rows(file) == before


def test_a_migration_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = old_store(tmp_path / "store.sqlite")
    before = rows(file)

    def fail_at_the_end(connection: Connection, version: str) -> None:
        migrate(connection, version)
        raise RuntimeError("killed")

    monkeypatch.setattr("coordinator.store.store.migrate", fail_at_the_end)
    with pytest.raises(RuntimeError, match="killed"):
        Store(file, writable=True)
    assert rows(file) == before
    monkeypatch.undo()
    Store(file, writable=True).close()


def test_a_reader_never_migrates_and_says_what_does(tmp_path: Path) -> None:
    file = old_store(tmp_path / "store.sqlite")
    before = rows(file)
    with pytest.raises(StoreError, match=r"version 0001, older than .*`blueprover migrate`"):
        Store(file, writable=False)
    assert rows(file) == before
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("writable", [True, False])
def test_a_newer_store_is_refused_in_one_sentence_and_left_alone(tmp_path: Path, writable: bool) -> None:
    file = tmp_path / "store.sqlite"
    Store(file, writable=True).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreError, match=f"version 9999; this program knows versions up to {REVISION}"):
        Store(file, writable=writable)
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("writable", [True, False])
def test_somebody_elses_database_is_refused(tmp_path: Path, writable: bool) -> None:
    file = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    with pytest.raises(StoreError, match="something else than a campaign"):
        Store(file, writable=writable)


def test_a_new_store_has_the_tables_that_the_migrations_lead_to(store: Store) -> None:
    with store.begin() as transaction:
        assert differences(transaction.connection) == []


def test_jobs_of_before_there_were_budgets_keep_what_they_were_promised_and_spent(store: Store) -> None:
    columns = ("cap_tokens", "told_usd", "told_input_tokens", "told_output_tokens")
    with store.begin() as transaction:
        for column in columns:
            transaction.execute(text(f"ALTER TABLE jobs DROP COLUMN {column}"))
        transaction.execute(insert(items).values(id=1, label="a", stage="proof", state="open"))
        common = "(id, kind, item, number, model, ending, worker, base, summary, retries, input_tokens, output_tokens"
        row = "'attempt', 1, 1, '', '', 'w', '', '', 0, 5, 6"
        transaction.execute(
            text(
                f"INSERT INTO jobs {common}, state, lease_until, cap_usd, cost_usd, sent_at, ended_at) VALUES "
                f"(1, {row}, 'ended', 2.0, 1.0, 0.25, 0.0, 1.0), (2, {row}, 'running', 2.0, 1.0, 0.0, 0.0, NULL)"
            )
        )
        with Operations.context(MigrationContext.configure(transaction.connection)):
            import_module("coordinator.store.migrations.versions.v0010_budgets").upgrade()
        assert differences(transaction.connection) == []
        state = load_state(transaction)
    assert (state.purse.spent, state.purse.reserved) == (Money(0.25, 11), Money(1.0, 0))
    assert state.jobs[0].cap_tokens is None


def test_pull_requests_of_before_that_a_person_or_the_book_wanted_no_more_are_withdrawn(store: Store) -> None:
    sources = ("person", "reviewer", "person", "person")
    states = ("bounced", "bounced", "landed", "bounced")
    with store.begin() as transaction:
        transaction.execute(text("ALTER TABLE pull_requests DROP COLUMN tries_since"))
        transaction.execute(insert(items).values(id=1, label="a", stage="proof", state="skipped"))
        common = "item, base, head, summary, lock, axioms, assumes, modules, certified, reason, landed_as, opened_at"
        for number, (source, state) in enumerate(zip(sources, states, strict=True), 1):
            row = "1, 'b', 'c', '', '', '[]', '[]', '{}', '', 'Left out by a person.', '', 1.0"
            transaction.execute(
                text(
                    f"INSERT INTO pull_requests (number, job, state, {common}) "
                    f"VALUES ({number}, {number}, '{state}', {row})"
                )
            )
            transaction.log("bounced", 2.0, pull_request=number, item=1, source=source)
    with store.begin() as transaction:
        before = transaction.execute(select(events)).all()
        with Operations.context(MigrationContext.configure(transaction.connection)):
            import_module("coordinator.store.migrations.versions.v0011_withdrawn").upgrade()
        assert differences(transaction.connection) == []
        found = transaction.execute(select(pull_requests).order_by(pull_requests.c.number)).all()
        assert transaction.execute(select(events)).all() == before
    assert [row.state for row in found] == ["withdrawn", "bounced", "landed", "withdrawn"]
    assert {row.tries_since for row in found} == {0}


def test_programs_from_before_the_migrations_refuse_a_store_of_now(tmp_path: Path) -> None:
    for file in (tmp_path / "new.sqlite", old_store(tmp_path / "old.sqlite")):
        store = Store(file, writable=True)
        with store.begin() as transaction:
            assert get_meta(transaction, "schema") == 3  # they know 1 and 2
        store.close()


def test_the_versions_are_one_line_that_ends_with_this_programs_own() -> None:
    directory = ScriptDirectory.from_config(alembic_config())
    assert directory.get_heads() == [REVISION]
    steps = list(directory.walk_revisions())
    assert [step.revision for step in reversed(steps)] == [f"{number:04}" for number in range(1, len(steps) + 1)]
    assert (MIGRATIONS / "script.py.mako").is_file()


def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_at_the_end(connection: Connection) -> None:
        make_tables(connection)
        raise RuntimeError("killed")

    monkeypatch.setattr("coordinator.store.store.make_tables", fail_at_the_end)
    with pytest.raises(RuntimeError, match="killed"):
        Store(tmp_path / "store.sqlite", writable=True)
    assert rows(tmp_path / "store.sqlite") == {}
    monkeypatch.undo()
    Store(tmp_path / "store.sqlite", writable=True).close()
