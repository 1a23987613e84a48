"""What killed processes leave: no servers, and folders that the next process clears away."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker import CertificateStore
from checker.build.scratch import Scratch
from tests.support.campaigns import alive
from tests.support.sandboxes import has_bubblewrap
from tests.support.waiting import wait_for

HOLDER = """
import sys
from pathlib import Path
from checker import Builder, CertificateStore, Sandbox, WarmPool, find_lean
from checker.warm.memory import family
from tests.checker.desk import PROJECT, PROOF

sandbox = Sandbox.bubblewrap() if sys.argv[2] == "bubblewrap" else Sandbox.none()
pool = WarmPool(Builder(find_lean(), sandbox, CertificateStore(Path(sys.argv[1]))))
assert pool.check(PROJECT, "Book.Draft", PROOF).ok
print(*(each for held in pool.processes().values() for each in family(held)), flush=True)
sys.stdin.read()
"""
"""A process that keeps a warm server, tells its processes, and waits."""


@pytest.mark.parametrize("sandbox", ["bubblewrap", "none"])
def test_after_kill_9_no_server_lives_and_its_folder_goes_with_the_next_store(tmp_path: Path, sandbox: str) -> None:
    if sandbox == "bubblewrap" and not has_bubblewrap():
        pytest.skip("bubblewrap does not run on this host")
    command = [sys.executable, "-c", HOLDER, str(tmp_path), sandbox]
    here = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(here)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=here) as holder:
        assert holder.stdout is not None
        servers = [int(each) for each in holder.stdout.readline().split()]
        assert servers
        assert len(list((tmp_path / "scratch").iterdir())) == 2
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        wait_for(lambda: not any(map(alive, servers)), seconds=60.0)
    left = set((tmp_path / "scratch").iterdir())
    assert any(each.is_dir() for each in left)
    store = CertificateStore(tmp_path)
    assert not left & set((tmp_path / "scratch").iterdir())
    assert store.scratch.is_dir()


def test_the_living_keep_their_folders_and_take_them_along(tmp_path: Path) -> None:
    first, second = Scratch(tmp_path), Scratch(tmp_path)
    (first.folder / "draft").touch()
    third = Scratch(tmp_path)
    assert (first.folder / "draft").exists()
    assert len({first.folder, second.folder, third.folder}) == 3
    first.close()
    second.close()
    del third
    gc.collect()
    assert list(tmp_path.iterdir()) == []
