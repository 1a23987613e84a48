"""A campaign's store in a real PostgreSQL: one writer, any number of readers, and what is said when that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, select, text

from coordinator.campaign.settings import Settings
from coordinator.errors import CampaignBusy, SettingsError, StoreError
from coordinator.store.found import FoundLanding, take_up_landing
from coordinator.store.items import seed_items
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.schema import failures, items, pull_requests
from coordinator.store.store import Store
from tests.support.books import book, node
from tests.support.campaigns import blueprover, small_campaign
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from coordinator.store.store import Store
store = Store(sys.argv[1], writable=True)
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_refused_until_the_first_is_gone_however_it_went(database: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(CampaignBusy, match=rf"Another coordinator \(process {holder.pid} on .+\) writes"):
        Store(database, writable=True, patience=1e6)
    Store(database, writable=False).close()
    holder.kill()
    holder.communicate()
    wait_for(lambda: is_free(database))
    wait_for(lambda: is_free(database))


def is_free(database: str) -> bool:
    """Whether a writer is let in."""
    try:
        Store(database, writable=True).close()
    except CampaignBusy:
        return False
    return True


def test_a_second_coordinator_says_at_once_who_writes_and_leaves_with_the_exit_code_of_a_busy_campaign(
    database: str, tmp_path: Path
) -> None:
    folder = small_campaign(tmp_path / "campaign", store={"url": database})
    with closing(Store(database, writable=True)):
        refused = blueprover("run", str(folder))
    assert refused.returncode == 3
    assert f"Another coordinator (process {os.getpid()} on " in " ".join(refused.stderr.split())


def test_a_writer_that_lost_its_connection_takes_the_lock_anew_or_leaves(database: str) -> None:
    store = Store(database, writable=True)
    end_session(database, session_of(store))
    with pytest.raises(StoreError, match="failed"):
        session_of(store)
    session = session_of(store)  # a new connection, lock included
    with pytest.raises(CampaignBusy):
        Store(database, writable=True)
    end_session(database, session)
    second = Store(database, writable=True)
    with pytest.raises(StoreError, match="failed"):
        session_of(store)
    with pytest.raises(CampaignBusy):
        session_of(store)
    second.close()
    store.close()


def session_of(store: Store) -> int:
    with store.begin() as transaction:
        return int(transaction.connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end_session(database: str, session: int) -> None:
    """Ends a session and waits until it is gone, its locks with it."""
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:session, 60000)"), {"session": session})
    engine.dispose()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: object) -> None:
    url = f"postgresql://someone:secret@/campaign?host={tmp_path}"
    with pytest.raises(StoreError, match=r"postgresql://someone@/campaign failed") as caught:
        Store(url, writable=True)
    assert "secret" not in str(caught.value)


def test_text_that_postgresql_refuses_is_kept_without_what_it_refuses(store: Store) -> None:
    with store.begin() as transaction:
        transaction.execute(items.insert().values(id=1, label="a", stage="proof", state="open"))
        said = "NUL \0, half a pair \ud800, a whole one \U0001d538, é"
        transaction.execute(failures.insert().values(item=1, cause="limit", reason=said, at=1.0, final=0))
        set_meta(transaction, "word", "NUL \0, half a pair \ud800")
    with store.begin() as transaction:
        kept = transaction.execute(failures.select()).one().reason
        assert kept == "NUL �, half a pair �, a whole one \U0001d538, é"
        assert get_meta(transaction, "word") == "NUL \0, half a pair \ud800"


def test_only_urls_of_postgresql_are_settings() -> None:
    for url in ("postgresql://u@h/n", "postgresql+psycopg://u@h/n"):
        Settings.model_validate({"store": {"url": url}})
    for url in ("sqlite:///x", "mysql://h/n", "https://h"):
        with pytest.raises(ValueError, match=r"store\.url"):
            Settings.model_validate({"store": {"url": url}})


def test_a_url_that_cannot_be_read_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"`store\.url` is no URL"):
        Store("postgresql://host:port/name", writable=False)


def test_numbers_go_on_from_one_that_a_pull_request_had_already(store: Store) -> None:
    with store.begin() as transaction:
        seed_items(transaction, book(node("a"), node("b")))
    with store.begin() as transaction:
        for label, request in (("a", "41"), ("b", "none")):
            found = FoundLanding("0" * 40, label * 40, "c" * 40, label, "statement", request)
            assert take_up_landing(transaction, found, 1.0)
    with store.begin() as transaction:
        assert transaction.execute(select(pull_requests.c.number)).scalars().all() == [41, 42]
