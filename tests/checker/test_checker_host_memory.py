"""Memory that all builders of a host share: never more than there is, and given back by whoever dies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checker import Builder, CertificateStore, Limits, MemoryBudget
from checker.build.host_memory import UNIT_BYTES, HostMemory, runtime_folder
from tests.checker.desk import PROJECT
from tests.checker.test_checker_memory_budget import CountingSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLD = """
import sys
from pathlib import Path
from checker.build.host_memory import UNIT_BYTES, HostMemory
with HostMemory(Path(sys.argv[1]), int(sys.argv[2]) * UNIT_BYTES).room(int(sys.argv[3]) * UNIT_BYTES):
    print("held", flush=True)
    sys.stdin.read()
"""
"""A process that holds some units of so many until its input ends."""

TAKE_TURNS = """
import json, sys, threading, time
from pathlib import Path
from checker.build.host_memory import UNIT_BYTES, HostMemory
memory, visits = HostMemory(Path(sys.argv[1]), int(sys.argv[2]) * UNIT_BYTES), []
def visit(units):
    for _ in range(5):
        with memory.room(units * UNIT_BYTES):
            began = time.monotonic()
            time.sleep(0.002)
            visits.append((began, time.monotonic(), units))
threads = [threading.Thread(target=visit, args=(units,)) for units in (1, 2, 4)]
[each.start() for each in threads]
[each.join() for each in threads]
print(json.dumps(visits))
"""
"""A process in which three threads come and go, and that tells who was there from when to when."""


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def held_elsewhere(folder: Path, units: int, of: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds memory."""
    with python(HOLD, folder, of, units) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def asks_for(folder: Path, units: int, of: int) -> tuple[threading.Thread, threading.Event]:
    """A thread that wants memory, and whether it has had it."""
    got = threading.Event()

    def ask() -> None:
        with HostMemory(folder, of * UNIT_BYTES).room(units * UNIT_BYTES):
            got.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread, got


def test_two_processes_never_hold_more_than_there_is(tmp_path: Path) -> None:
    units = 5
    processes = [python(TAKE_TURNS, tmp_path, units) for _ in range(2)]
    visits = [visit for each in processes for visit in json.loads(each.communicate(timeout=60)[0])]
    assert len(visits) == 2 * 3 * 5
    for moment, _, _ in visits:
        assert sum(size for began, ended, size in visits if began <= moment <= ended) <= units


def test_what_another_process_leaves_is_had_at_once(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path, 3, of=5):
        thread, got = asks_for(tmp_path, 2, of=5)
        thread.join(60)
        assert got.is_set()


def test_memory_of_a_process_that_is_killed_is_free_again(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path, 3, of=5) as process:
        thread, got = asks_for(tmp_path, 3, of=5)
        assert not got.wait(0.2)
        process.kill()
        thread.join(60)
        assert got.is_set()


def test_a_large_wish_is_not_starved_by_small_ones(tmp_path: Path) -> None:
    memory = HostMemory(tmp_path, 4 * UNIT_BYTES)
    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            with memory.room(UNIT_BYTES):
                pass

    with ThreadPoolExecutor(3) as small:
        for _ in range(3):
            small.submit(come_and_go)
        thread, got = asks_for(tmp_path, 4, of=4)
        thread.join(60)
        done.set()
    assert got.is_set()


def test_who_wants_more_than_there_is_gets_all_there_is(tmp_path: Path) -> None:
    with HostMemory(tmp_path, 2 * UNIT_BYTES).room(100 * UNIT_BYTES):
        thread, got = asks_for(tmp_path, 1, of=2)
        assert not got.wait(0.2)
    thread.join(60)
    assert got.is_set()


def test_what_was_held_is_given_back_when_something_goes_wrong(tmp_path: Path) -> None:
    memory = HostMemory(tmp_path, 2 * UNIT_BYTES)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(RuntimeError), memory.room(2 * UNIT_BYTES):
            raise RuntimeError
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_where_no_locks_can_be_had_nobody_waits(tmp_path: Path) -> None:
    nowhere = HostMemory(tmp_path / "missing", UNIT_BYTES)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    with nowhere.room(UNIT_BYTES), nowhere.room(UNIT_BYTES):
        assert len(list(Path("/proc/self/fd").iterdir())) == open_before
    assert not (tmp_path / "missing").exists()


def test_two_builders_with_stores_of_their_own_share_the_memory_of_their_host(builder: Builder, tmp_path: Path) -> None:
    sandbox = CountingSandbox(builder.sandbox.name, builder.sandbox.program)
    (tmp_path / "locks").mkdir()
    memory = MemoryBudget(1100 << 20, tmp_path / "locks")
    builders = [
        Builder(
            *(builder.lean, sandbox, CertificateStore(tmp_path / name)),
            jobs=2,
            limits=Limits(memory_bytes=512 << 20),
            memory=memory,
        )
        for name in ("one", "two")
    ]
    extra = {f"X{number}": b"module\nprelude\n" for number in range(3)}
    with ThreadPoolExecutor(2) as threads:
        builds = list(threads.map(lambda each: each.certify(PROJECT, list(extra), extra), builders))
    assert all(build.ok for build in builds)
    assert sandbox.crowd.most <= 2


def test_the_machines_own_memory_is_shared() -> None:
    assert MemoryBudget.of_this_machine().shared == runtime_folder()
    assert MemoryBudget(1 << 30).shared is None


def test_the_runtime_folder_is_the_users_alone(tmp_path: Path) -> None:
    found = runtime_folder(((tmp_path / "missing", "x"), (tmp_path, "mine")))
    assert found == tmp_path / "mine"
    assert found.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["open to all", "link", "file"])
def test_a_runtime_folder_that_others_could_have_made_is_not_trusted(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "theirs"
    if kind == "link":
        folder.symlink_to(tmp_path)
    elif kind == "file":
        folder.touch()
    else:
        folder.mkdir()
        folder.chmod(0o777)
    assert runtime_folder(((tmp_path, "theirs"),)) is None
