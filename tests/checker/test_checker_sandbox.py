"""The sandbox: what a command sees, what it can reach, and that it ends."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checker import Limits, Sandbox, SandboxMissing
from checker.census import tasks_inside
from checker.errors import SandboxFailed
from checker.lean.toolchain import python
from checker.sandbox import _bubblewrap, end
from tests.support.sandboxes import any_sandbox, needs_bubblewrap

if TYPE_CHECKING:
    from checker.sandbox import Run


def shell(folder: Path, script: str, limits: Limits | None = None, sandbox: Sandbox | None = None) -> Run:
    sandbox = sandbox or any_sandbox()
    return sandbox.run(["/bin/sh", "-c", script], folder, (), limits or Limits(seconds=10))


@needs_bubblewrap
def test_it_writes_in_its_folder_only(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret").write_text("key")
    run = shell(tmp_path / "out", f"echo hi > made; cat {tmp_path}/secret; echo no > /usr/no; echo no > {tmp_path}/no")
    assert (tmp_path / "out" / "made").read_text() == "hi\n"
    assert not (tmp_path / "no").exists()
    assert b"key" not in run.output
    assert run.errors.count(b"\n") == 3


@needs_bubblewrap
def test_it_sees_no_home_no_environment_and_no_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "very-secret")
    run = shell(tmp_path, "env; cat /etc/passwd /proc/1/environ; ls /home /tmp; ls -A $HOME")
    assert b"very-secret" not in run.output + run.errors
    assert b"root:" not in run.output
    assert sorted(line.split(b"=")[0] for line in run.output.replace(b"\0", b"\n").splitlines() if b"=" in line)[
        :3
    ] == [
        b"HOME",
        b"HOME",
        b"LANG",
    ]


@needs_bubblewrap
def test_it_reaches_no_network(tmp_path: Path) -> None:
    run = shell(tmp_path, "tail -n +3 /proc/net/dev; tail -n +2 /proc/net/route")
    assert [line.split(b":")[0].strip() for line in run.output.splitlines()] == [b"lo"]


@needs_bubblewrap
def test_it_sees_no_other_process(tmp_path: Path) -> None:
    run = shell(tmp_path, "ls -d /proc/[0-9]*")
    assert len(run.output.splitlines()) <= 4


@pytest.mark.parametrize("name", [pytest.param("bubblewrap", marks=needs_bubblewrap), "none"])
def test_the_clock_ends_it_with_all_it_started(tmp_path: Path, name: str) -> None:
    sandbox = Sandbox.bubblewrap() if name == "bubblewrap" else Sandbox.none()
    began = time.monotonic()
    run = shell(tmp_path, "(sleep 3; echo late > late) & sleep 60", Limits(seconds=0.3), sandbox)
    assert run.ended == "timeout"
    assert time.monotonic() - began < 3
    time.sleep(3.2)
    assert not (tmp_path / "late").exists()


@needs_bubblewrap
def test_a_child_does_not_outlive_it(tmp_path: Path) -> None:
    shell(tmp_path, "setsid sh -c 'sleep 0.5; echo late > late' < /dev/null > /dev/null 2> /dev/null &")
    time.sleep(1)
    assert not (tmp_path / "late").exists()


def test_output_is_capped(tmp_path: Path) -> None:
    run = shell(tmp_path, "yes", Limits(seconds=10, output_bytes=10_000))
    assert run.ended == "output"
    assert len(run.output) == 10_000


def test_memory_is_limited(tmp_path: Path) -> None:
    run = shell(tmp_path, "head -c 200m /dev/zero | tail", Limits(seconds=10, memory_bytes=100 << 20))
    assert run.code != 0 or b"memory" in run.errors


def test_files_are_limited(tmp_path: Path) -> None:
    shell(tmp_path, "head -c 3m /dev/zero > big", Limits(seconds=10, file_bytes=1 << 20))
    assert (tmp_path / "big").stat().st_size <= 1 << 20


def test_exit_codes_come_through(tmp_path: Path) -> None:
    assert shell(tmp_path, "exit 7").code == 7
    assert shell(tmp_path, "exit 7", sandbox=Sandbox.none()).code == 7


def test_without_bubblewrap_it_refuses_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _bubblewrap.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SandboxMissing, match="sandbox: none"):
        Sandbox.bubblewrap()
    _bubblewrap.cache_clear()


STARVED = """#!/bin/sh
echo . >> {folder}/starts
if [ $(wc -l < {folder}/starts) -le {failures} ]; then
  echo "bwrap: {words}" >&2
  exit 1
fi
exec {bwrap} "$@"
"""
"""A bubblewrap on a host that is short of something for a while."""


def starved(folder: Path, failures: int, words: str) -> Sandbox:
    program = folder / "bwrap"
    text = STARVED.format(folder=folder, failures=failures, words=words, bwrap=Sandbox.bubblewrap().program)
    program.write_text(text)
    program.chmod(0o755)
    return Sandbox("bubblewrap", str(program))


def starts(folder: Path) -> int:
    return (folder / "starts").read_text().count(".")


@needs_bubblewrap
def test_a_start_that_fails_for_want_of_something_passing_is_tried_again(tmp_path: Path) -> None:
    sandbox = starved(tmp_path, 2, "Creating new namespace failed: Resource temporarily unavailable")
    assert shell(tmp_path, "echo hi", Limits(seconds=60), sandbox).output == b"hi\n"
    assert starts(tmp_path) == 3


@needs_bubblewrap
def test_a_start_that_always_fails_for_want_of_something_is_given_up(tmp_path: Path) -> None:
    sandbox = starved(tmp_path, 100, "Creating new namespace failed: Resource temporarily unavailable")
    with pytest.raises(SandboxFailed, match="temporarily unavailable"):
        shell(tmp_path, "echo hi", Limits(seconds=60), sandbox)
    assert starts(tmp_path) == 6


@needs_bubblewrap
def test_a_start_that_fails_for_good_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(SandboxFailed, match="No permissions"):
        shell(tmp_path, "echo hi", sandbox=starved(tmp_path, 1, "No permissions to create a new namespace"))
    assert starts(tmp_path) == 1


def test_a_host_that_lets_no_process_start_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals, real = [1, 2, 3], subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> Any:
        if refusals:
            refusals.pop()
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return real(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    assert shell(tmp_path, "echo hi").output == b"hi\n"
    refusals.extend(range(100))
    with pytest.raises(SandboxFailed, match="lets no further process start"):
        shell(tmp_path, "echo hi")


@needs_bubblewrap
@pytest.mark.parametrize(("threads", "ended"), [(20, "exit"), (60, "processes")])
def test_threads_count_as_processes_for_root_too(tmp_path: Path, threads: int, ended: str) -> None:
    script = (
        "import threading\n"
        "done = threading.Event()\n"
        f"wait = lambda: done.wait({0 if ended == 'exit' else 60})\n"
        f"crowd = [threading.Thread(target=wait) for _ in range({threads})]\n"
        "[each.start() for each in crowd]\n"
        "[each.join() for each in crowd]\n"
    )
    limits = Limits(seconds=60, processes=40)
    run = Sandbox.bubblewrap().run([python(), "-I", "-S", "-c", script], tmp_path, [Path(sys.base_prefix)], limits)
    assert (run.ended, run.errors) == (ended, b"")


@needs_bubblewrap
def test_the_hosts_own_processes_are_never_counted(tmp_path: Path) -> None:
    """Looked at as fast as can be, also before the walls stand."""
    process = Sandbox.bubblewrap().start(["/bin/cat"], tmp_path, (), Limits())
    seen = set()
    while 1 not in seen:
        assert process.poll() is None
        seen.add(tasks_inside(process.pid, 1000))
    end(process)
    assert max(seen) <= 2
    assert tasks_inside(process.pid, 1000) == 0
