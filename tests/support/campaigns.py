"""Campaigns for tests: the demo, whole or with its first chapters only, run as a user runs it."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from coordinator.campaign.founding import commit_folder
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.engine.demo import lay_out, prepare_demo

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = (sys.executable, "-m", "coordinator")


def small_campaign(folder: Path, chapters: tuple[str, ...] = ("logic",), **settings: Any) -> Path:
    """The demo's campaign with these chapters only, and `settings` over its own: a copy of one founded once."""
    shutil.copytree(_founded(chapters), folder, dirs_exist_ok=True)
    file = folder / SETTINGS_FILE
    values = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**values, **settings}))
    return folder


@cache
def _founded(chapters: tuple[str, ...]) -> Path:
    """Such a campaign that nobody runs, which goes with this process."""
    scratch = Path(tempfile.mkdtemp(prefix="small-campaign-"))
    atexit.register(shutil.rmtree, scratch)
    folder, files = scratch / "campaign", scratch / "project"
    prepare_demo(folder, fresh=False)
    lay_out(files)
    root = files / "blueprint" / "src" / "web.tex"
    kept = [
        line
        for line in root.read_text().splitlines()
        if not line.startswith(r"\input{chapter/") or line.removeprefix(r"\input{chapter/").rstrip("}") in chapters
    ]
    root.write_text("\n".join(kept))
    shutil.rmtree(folder / "hub.git")
    commit_folder(folder / "hub.git", files, "A small book")
    return folder


def blueprover(*arguments: str, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
    """Runs the command line to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def start(*arguments: str) -> subprocess.Popen[str]:
    """Starts the command line and lets it run."""
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def status(folder: Path) -> dict[str, Any]:
    """What ``blueprover status --json`` prints."""
    answer = blueprover("status", str(folder), "--json")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def landings(folder: Path) -> int:
    """How many branches have landed so far; 0 before there is a store.

    Asked of the file itself: a command for every question would take a core from the campaign.
    """
    file = folder / "store.sqlite"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        if store.execute("select 1 from sqlite_master where name = 'landings'").fetchone() is None:
            return 0  # its tables are being made
        (total,) = store.execute("select count(*) from landings where state = 'landed'").fetchone()
    return int(total)


def wait_until(condition: Callable[[], object], running: subprocess.Popen[str], seconds: float = 120.0) -> None:
    """Waits until `condition` holds while `running` runs."""
    until = time.monotonic() + seconds
    while not condition():
        assert running.poll() is None, f"it ended too early: {running.stdout.read() if running.stdout else ''}"
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def children(pid: int) -> dict[str, int]:
    """Live child processes of `pid`, by a word of their command line: agents, builds, valkey-server, rehearsal."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, IndexError):
            continue
        if parent == pid:
            for word in ("--queue agents", "--queue builds", "valkey-server", "agents.rehearsal"):
                if word in line:
                    found[word] = int(entry.name)
    return found


def kill(pid: int) -> None:
    """``kill -9``."""
    os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs (and is no zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
