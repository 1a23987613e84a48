"""Backups of a store: made while it is written, kept beside it, and put back when it broke."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import StoreSettings
from coordinator.cli import app
from coordinator.engine.keeping import Backups
from coordinator.errors import CampaignBusy, InputError, StoreError
from coordinator.store.backups import back_up, back_up_beside, back_up_for_good, damage_of, newest_good, restore
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.schema import feedback, items
from coordinator.store.store import Store
from tests.support.campaigns import small_campaign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typer.testing import Result


def filled(file: Path, records: int = 400) -> Path:
    """A store of some fifty pages, closed."""
    store = Store(file, writable=True)
    with store.begin() as transaction:
        transaction.execute(items.insert().values(id=1, label="a", stage="proof", state="open"))
        rows = [{"item": 1, "source": "checker", "text": f"{number} " * 100, "at": 1.0} for number in range(records)]
        transaction.execute(feedback.insert(), rows)
        set_meta(transaction, "key", "book-1")
        set_meta(transaction, "word", "kept")
    store.close()
    return file


def word_in(file: Path) -> str:
    store = Store(file, writable=False)
    try:
        with store.begin() as transaction:
            return str(get_meta(transaction, "word"))
    finally:
        store.close()


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 + 100)


def scramble(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[5000:] = bytes((7 * place + 3) % 251 for place in range(len(data) - 5000))
    file.write_bytes(data)


def lose_a_page(file: Path) -> None:
    """Zeroes the page that holds the table of feedback together."""
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'feedback'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(bytes(size))


def lose_all(file: Path) -> None:
    file.write_bytes(b"")


BREAKING = (truncate, scramble, lose_a_page, lose_all)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    """A store that is written all the time, two records a transaction."""
    file = tmp_path / "store.sqlite"
    store = Store(file, writable=True)
    over, begun = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            with store.begin() as transaction:
                for half in ("statement", "proof"):
                    transaction.execute(items.insert().values(label=f"n{number}", stage=half, state="open"))
            number += 1
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(60)
    yield file
    over.set()
    writer.join()
    store.close()


def test_a_backup_is_the_store_of_one_moment_although_it_is_written_all_the_time(busy: Path, tmp_path: Path) -> None:
    for number in range(5):
        copy = tmp_path / f"{number}.sqlite"
        back_up(busy, copy)
        assert damage_of(copy) == ""
        with closing(sqlite3.connect(copy)) as connection:
            halves = dict(connection.execute("SELECT stage, count(*) FROM items GROUP BY stage"))
            assert halves["statement"] == halves["proof"] > 0
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not list(tmp_path.glob("*.part*"))


def test_the_newest_backups_are_kept_and_those_made_for_good_are_never_driven_out(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    for_good = back_up_for_good(file, now=1.0)
    made = [back_up_beside(file, now=now, keep=3) for now in (10.0, 10.0, 20.0, 30.0, 30.4)]
    assert sorted(file.parent.glob("backups/*")) == sorted([for_good, *made[-3:]])
    assert newest_good(file) == made[-1]


def test_what_a_killed_backup_left_is_swept_away_by_the_next(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "store-20200101T000000Z.sqlite.part").write_bytes(b"half")
    made = back_up_beside(file, now=1.0, keep=3)
    assert list((tmp_path / "backups").iterdir()) == [made]


@pytest.mark.parametrize("breaking", BREAKING)
def test_a_broken_store_is_named_with_the_newest_good_backup_which_restores_it(
    tmp_path: Path, breaking: Callable[[Path], None]
) -> None:
    file = filled(tmp_path / "store.sqlite")
    good = back_up_beside(file, now=1.0, keep=9)
    bad = back_up_beside(file, now=2.0, keep=9)
    truncate(bad)
    breaking(file)
    with pytest.raises(StoreError, match="is broken") as caught:
        Store(file, writable=True)
    assert f"the newest good backup is {good}, and `blueprover restore {tmp_path}` puts it in place" in str(
        caught.value
    )
    with pytest.raises(StoreError, match="no backup was made"):
        back_up_beside(file, now=3.0, keep=1)
    assert good.exists(), "a broken store drives out no backup"
    chosen, aside = restore(file, None, now=4.0)
    assert (chosen, word_in(file)) == (good, "kept")
    assert aside is not None
    Store(file, writable=True).close()
    assert not list(tmp_path.glob("**/*.part*"))


@pytest.mark.parametrize("breaking", [truncate, scramble, lose_a_page])
def test_who_only_reads_a_broken_store_is_told_the_same(tmp_path: Path, breaking: Callable[[Path], None]) -> None:
    file = filled(tmp_path / "store.sqlite")
    good = back_up_beside(file, now=1.0, keep=9)
    breaking(file)
    with pytest.raises(StoreError, match=f"is broken .*the newest good backup is {good}"):
        read_all(file)


def read_all(file: Path) -> None:
    store = Store(file, writable=False)
    try:
        with store.begin() as transaction:
            transaction.execute(feedback.select()).all()
            transaction.execute(items.select()).all()
    finally:
        store.close()


def test_without_a_backup_a_broken_store_says_so_and_an_empty_file_is_a_store_not_yet_made(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite")
    truncate(file)
    with pytest.raises(StoreError, match="there is no good backup beside it"):
        Store(file, writable=True)
    lose_all(file)
    Store(file, writable=True).close()


def test_a_restored_campaign_is_not_heard_by_workers_of_the_one_that_was_lost(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    restore(file, back_up_beside(file, now=1.0, keep=9), now=2.0)
    store = Store(file, writable=True)
    with store.begin() as transaction:
        assert get_meta(transaction, "key") == ""
    store.close()


def test_what_was_in_the_log_of_a_replaced_store_is_not_taken_into_the_restored_one(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    backup = back_up_beside(file, now=1.0, keep=9)
    killed = (
        "import os, sys; from pathlib import Path\n"
        "from coordinator.store.kept import set_meta\n"
        "from coordinator.store.store import Store\n"
        "store = Store(Path(sys.argv[1]), writable=True)\n"
        "with store.begin() as transaction: set_meta(transaction, 'word', 'lost')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(file)], check=False)
    assert (tmp_path / "store.sqlite-wal").stat().st_size > 0
    assert word_in(file) == "lost"
    _, aside = restore(file, backup, now=2.0)
    assert word_in(file) == "kept"
    assert aside is not None
    assert word_in(aside) == "lost", "what was replaced can still be read"


def test_nothing_is_restored_from_nothing_or_from_a_broken_backup(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite")
    with pytest.raises(InputError, match="no backup in"):
        restore(file, None, now=1.0)
    backup = back_up_beside(file, now=1.0, keep=9)
    truncate(backup)
    with pytest.raises(StoreError, match=r"is broken .*name another one"):
        restore(file, backup, now=2.0)
    assert word_in(file) == "kept"


def test_a_running_campaign_is_backed_up_at_its_start_and_at_its_end(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    with Backups(file, StoreSettings(backup_minutes=1000.0)) as backups:
        for _ in range(3):
            backups.make_if_due()
    assert len(list((tmp_path / "backups").iterdir())) == 2
    truncate(file)
    with Backups(file, StoreSettings()) as backups:
        backups.make_if_due()  # the log says why there is none; the campaign goes on
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_where_no_backups_are_wanted_none_are_made(tmp_path: Path) -> None:
    file = filled(tmp_path / "store.sqlite", 1)
    for place, settings in ((file, StoreSettings(backup_minutes=0)), (None, StoreSettings())):
        with Backups(place, settings) as backups:
            backups.make_if_due()
    assert not (tmp_path / "backups").exists()


def blueprover(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_commands_back_up_and_restore_a_campaign_that_nobody_runs(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    assert isinstance(blueprover("backup", str(folder)).exception, InputError)
    filled(folder / "store.sqlite", 1)
    made = blueprover("backup", str(folder), "--to", str(tmp_path / "copies" / "mine.sqlite"))
    assert made.exit_code == 0, made.output
    assert isinstance(
        blueprover("backup", str(folder), "--to", str(tmp_path / "copies" / "mine.sqlite")).exception, InputError
    )
    truncate(folder / "store.sqlite")
    with Campaign.open(folder).lock():
        refused = blueprover("restore", str(folder), "--from", str(tmp_path / "copies" / "mine.sqlite"))
        assert isinstance(refused.exception, CampaignBusy)
    restored = blueprover("restore", str(folder), "--from", str(tmp_path / "copies" / "mine.sqlite"))
    assert restored.exit_code == 0, restored.output
    assert "store-replaced-" in restored.output
    assert word_in(folder / "store.sqlite") == "kept"
    assert "of version" in blueprover("migrate", str(folder)).output
    assert blueprover("backup", str(folder)).exit_code == 0
    assert len(list((folder / "backups").glob("kept-*.sqlite"))) == 1


def test_what_is_in_a_database_server_is_for_its_own_tools(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", store={"url": "postgresql://nobody@localhost/none"})
    for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        refused = blueprover(command, str(folder)).exception
        assert isinstance(refused, InputError)
        assert tool in str(refused)
