"""A store that cannot be written for a while: said in a sentence, nothing half-written, and then all goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from coordinator.errors import StoreError
from coordinator.store.backups import damage_of
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

FILL = """
import resource, sys
from pathlib import Path
from coordinator.errors import StoreError
from coordinator.store.backups import back_up
from coordinator.store.kept import get_meta, set_meta
from coordinator.store.store import Store
file = Path(sys.argv[1])
store = Store(file, writable=True)
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
kept = 0
try:
    for number in range(1, 1000):
        with store.begin() as transaction:
            set_meta(transaction, "last", number)
            set_meta(transaction, f"word {number}", "x" * 9000)
            set_meta(transaction, "count", number)
        kept = number
except StoreError as error:
    print(error)
with store.begin() as transaction:
    assert (get_meta(transaction, "last"), get_meta(transaction, "count")) == (kept, kept)
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 300_000))
try:
    back_up(file, file.with_name("copy.sqlite"))
except StoreError as error:
    print(error)
print(kept, sorted(each.name for each in file.parent.iterdir() if "copy" in each.name))
shutil = sys.argv[3:] and __import__("shutil").copytree(file.parent, sys.argv[3], dirs_exist_ok=True)
"""

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


def check_filled(output: str, file: Path) -> None:
    said, refused, counted = output.strip().splitlines()
    assert "store.sqlite could not be written or read" in said
    assert "nothing of this step was kept; if the disk is full make room, then run again" in said
    assert "copy.sqlite cannot be made" in refused
    kept, copies = counted.split(" ", 1)
    assert int(kept) > 3
    assert copies == "[]", "a backup is whole or not there"
    assert damage_of(file) == ""
    store = Store(file, writable=True)
    with store.begin() as transaction:
        assert get_meta(transaction, "count") == int(kept)
        set_meta(transaction, "count", int(kept) + 1)
    store.close()


def test_where_no_more_may_be_written_the_last_whole_step_is_kept_and_all_goes_on_later(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    ended = subprocess.run([sys.executable, "-c", FILL, str(file), "limit"], capture_output=True, text=True, check=True)
    check_filled(ended.stdout, file)


def test_on_a_disk_that_is_full_the_last_whole_step_is_kept_and_all_goes_on_later(tmp_path: Path) -> None:
    bubblewrap = shutil.which("bwrap")
    assert bubblewrap is not None
    small, saved = tmp_path / "small", tmp_path / "saved"
    small.mkdir()
    disk = ("--dev-bind", "/", "/", "--size", "1000000", "--tmpfs", str(small))
    program = (sys.executable, "-c", FILL, str(small / "store.sqlite"), "disk", str(saved))
    ended = subprocess.run([bubblewrap, *disk, *program], capture_output=True, text=True, check=False)
    if "bwrap:" in ended.stderr:
        pytest.skip(f"bubblewrap cannot make a small disk here: {ended.stderr}")
    assert ended.returncode == 0, ended.stderr
    assert "disk is full" in ended.stdout
    check_filled(ended.stdout, saved / "store.sqlite")


def held(file: Path) -> subprocess.Popen[str]:
    """Another process that has locked a store, until it reads a line or its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_store_that_another_process_locks_for_a_while_is_waited_for(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite", writable=True, patience=120.0)
    holder = held(tmp_path / "store.sqlite")
    release = threading.Timer(0.3, holder.communicate)
    release.start()
    with store.begin() as transaction:
        set_meta(transaction, "word", "written")
    release.join()
    assert holder.returncode == 0
    store.close()


def test_a_store_that_another_process_keeps_locked_is_said_to_be_and_can_be_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite", writable=True, patience=0.05)
    holder = held(tmp_path / "store.sqlite")
    waited_in_vain = r"was locked by another process for 0\.05 s: nothing of this step was kept"
    with pytest.raises(StoreError, match=waited_in_vain), store.begin() as transaction:
        set_meta(transaction, "word", "written")
    reader = Store(tmp_path / "store.sqlite", writable=False)
    with reader.begin() as transaction:
        assert get_meta(transaction, "word") == ""
    reader.close()
    holder.communicate()
    with store.begin() as transaction:
        set_meta(transaction, "word", "written")
    store.close()
