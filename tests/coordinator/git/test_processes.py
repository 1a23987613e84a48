"""The processes that are kept running: they are replaced when they die, and none outlives its owner."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from benchmarks.many_branches import Draft, write_drafts
from coordinator.errors import GitDied, GitError
from coordinator.git import MAIN, Branch, RefChange, Repository, git_version
from coordinator.git.conversation import Conversation
from coordinator.git.environment import git_command
from coordinator.git.refs import transaction
from tests.support.processes import is_there, runs, stop
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

WHEN = 1_800_000_000
OWNER = """
import os, signal, sys
from pathlib import Path
from coordinator.git import Branch, Repository
hub = Repository(Path(sys.argv[1]))
tip = hub.head()
hub.batch(tip, [Branch(tip, sys.argv[2], "x")], 0)
forked = os.fork()
if forked:
    print(forked, *hub.processes, flush=True)
signal.pause()
"""


def edit(hub: Repository, path: str, content: bytes = b"x\n") -> Branch:
    tip = hub.head() or ""
    return Branch(tip, write_drafts(hub, [Draft((tip,), {path: content})])[0], "x")


def unread(talk: Conversation) -> int:
    """How many bytes it was told that its process has not read yet."""
    answer = fcntl.ioctl(talk._in, termios.FIONREAD, b"\0\0\0\0")
    return int(struct.unpack("i", answer)[0])


def test_a_reader_that_is_killed_in_the_middle_of_an_answer_is_replaced(hub: Repository) -> None:
    tip = hub.head() or ""
    assert hub.read(tip, "README") == b"hello\n"
    talk = hub._objects._talk
    assert talk is not None
    stop(talk.pid)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(hub.read, tip, "README")
        wait_for(lambda: unread(talk), 60)
        os.kill(talk.pid, signal.SIGKILL)
        assert answer.result(120) == b"hello\n"
    assert hub._objects.pid not in (None, talk.pid)
    assert not is_there(talk.pid)


def test_a_writer_that_is_killed_in_the_middle_of_a_batch_is_replaced_and_nothing_is_lost(hub: Repository) -> None:
    first = hub.batch(hub.head() or "", [edit(hub, "a")], WHEN)
    hub.land(first)
    talk = hub._batches._importer._writer._talk
    assert talk is not None
    branches = [edit(hub, f"b{number}") for number in range(3)]
    stop(talk.pid)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(hub.batch, first.top, branches, WHEN)
        wait_for(lambda: unread(talk), 60)
        os.kill(talk.pid, signal.SIGKILL)
        batch = answer.result(120)
    assert not is_there(talk.pid)
    hub.land(batch)
    assert set(hub.blobs(hub.head() or "")) == {"README", "a", "b0", "b1", "b2"}
    assert hub._runner.attempt("fsck", "--strict", "--full").status == 0


def test_a_writer_that_died_between_batches_is_replaced(hub: Repository) -> None:
    hub.land(hub.batch(hub.head() or "", [edit(hub, "a")], WHEN))
    dead = hub._batches.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    hub.land(hub.batch(hub.head() or "", [edit(hub, "b")], WHEN))
    assert set(hub.blobs(hub.head() or "")) == {"README", "a", "b"}
    assert not is_there(dead)


def test_closing_ends_the_processes_and_the_repository_may_be_used_again(hub: Repository) -> None:
    batch = hub.batch(hub.head() or "", [edit(hub, "a")], WHEN)
    kept = hub.processes
    assert len(kept) == 2
    hub.close()
    assert hub.processes == ()
    assert not any(is_there(pid) for pid in kept)
    hub.land(batch)
    assert hub.read(batch.top, "a") == b"x\n"
    hub.close()


def test_a_repository_that_nobody_holds_leaves_no_process(hub: Repository) -> None:
    other = Repository(hub.path)
    batch = other.batch(other.head() or "", [edit(hub, "a")], WHEN)
    kept = other.processes
    assert len(kept) == 2
    del other
    gc.collect()
    assert not any(is_there(pid) for pid in kept)
    assert hub.head() == batch.tip


def test_no_process_outlives_an_owner_that_is_killed_even_if_it_forked(hub: Repository) -> None:
    command = [sys.executable, "-c", OWNER, str(hub.path), edit(hub, "a").head]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    forked, *kept = (int(word) for word in owner.stdout.readline().split())
    try:
        assert len(kept) == 2
        assert all(runs(pid) for pid in kept)
        owner.kill()
        owner.wait()
        wait_for(lambda: not any(runs(pid) for pid in kept), 60)
        assert runs(forked)
    finally:
        os.kill(forked, signal.SIGKILL)
        owner.kill()
        owner.wait()
        owner.stdout.close()
    assert hub._run("for-each-ref", "--format=%(refname)") == MAIN


def test_nothing_moves_when_the_owner_dies_before_it_has_told_all(hub: Repository) -> None:
    tip = hub.head() or ""
    changes = [RefChange(MAIN, tip, edit(hub, "a").head), RefChange("refs/candidates/1", None, tip)]
    words = transaction(changes)
    for length in (words.index(b"update", 10), len(words) - len(b"commit\0")):
        talk = hub._runner.converse("update-ref", "--stdin", "-z")
        talk.say(words[:length])
        talk.hang_up()
        assert b"commit" not in talk.rest(1000)
        talk.end()
        assert hub.head() == tip
        assert hub.head("refs/candidates/1") is None
    assert hub._run("update-ref", "--stdin", "-z", given=words).split("\n")[-1] == "commit: ok"


def test_a_writer_that_nobody_holds_any_more_leaves_nothing_half_written(hub: Repository) -> None:
    other = Repository(hub.path)
    other.batch(other.head() or "", [edit(hub, "a")], WHEN)
    pack = hub.path / "objects" / "pack"
    del other
    gc.collect()
    assert not list(pack.glob("*.keep"))
    assert not list(pack.glob("tmp_*"))
    assert not list(hub.path.glob("fast_import_crash_*"))


def test_a_process_that_does_not_answer_in_time_is_ended(hub: Repository) -> None:
    talk = Conversation("cat-file", "--batch", environment={"GIT_DIR": str(hub.path)}, folder=None, seconds=0.3)
    stop(talk.pid)
    talk.say(b"HEAD\n")
    with pytest.raises(GitError, match=r"longer than 0\.3 seconds"):
        talk.line()
    assert not talk.alive
    assert not is_there(talk.pid)


def test_a_process_that_ends_instead_of_answering_tells_why(hub: Repository) -> None:
    talk = Conversation(
        "cat-file", "--batch=%(nonsense)", environment={"GIT_DIR": str(hub.path)}, folder=None, seconds=60
    )
    talk.say(b"HEAD\n" * 100_000)
    with pytest.raises(GitDied, match="nonsense"):
        talk.line()
    assert not is_there(talk.pid)


def test_much_is_said_and_answered_without_either_side_waiting_for_the_other(hub: Repository) -> None:
    tip = hub.head() or ""
    assert hub._objects.kinds([tip] * 20_000) == hub._objects.kinds([tip]) * 20_000


def test_output_is_bounded(hub: Repository) -> None:
    big = edit(hub, "big", b"line\n" * 1_000_000)
    answer = hub._runner.attempt("cat-file", "blob", f"{big.head}:big", limit=1000)
    assert answer.output == b"line\n" * 200
    assert len(hub.diff(big.base, big.head, limit=100)) < 200
    with pytest.raises(GitError, match="more than 1000 bytes"):
        hub.read(big.head, "big", limit=1000)
    hub.land(hub.batch(big.base, [big], WHEN))
    assert len(hub.read(hub.head() or "", "big") or b"") == 5_000_000


def test_what_a_shell_or_a_hook_set_for_its_own_git_reaches_none_of_ours(
    hub: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "GIT_DIR": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "nonsense",
        "GIT_OBJECT_DIRECTORY": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -i key")
    assert git_command("x")[:1] == ["env"]
    assert "GIT_SSH_COMMAND" not in git_command("x")
    assert git_version() >= (2, 38)
    batch = hub.batch(hub.head() or "", [edit(hub, "a")], WHEN)
    hub.land(batch)
    assert hub.read(batch.top, "a") == b"x\n"
