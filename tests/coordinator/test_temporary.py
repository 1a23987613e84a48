"""Temporary folders do not outlive their process, however it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from coordinator.temporary import temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

MAKE_ONE = """
import os, signal, sys
from coordinator.temporary import temporary_folder
with temporary_folder("index") as folder:
    (folder / "file").write_text("text")
    print(folder, flush=True)
    if sys.argv[1:]:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run(place: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-c", MAKE_ONE, *arguments], env={**os.environ, "TMPDIR": str(place)}, timeout=60, check=False
    )


def left(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.name != f"blueprover-{os.getuid()}"]


def test_a_folder_is_there_while_it_is_needed_and_no_longer() -> None:
    with temporary_folder("index") as one, temporary_folder("index") as other:
        assert one != other
        (one / "file").write_text("text")
    assert not one.exists()
    one.parent.rmdir()
    with temporary_folder("index") as again:
        assert again.is_dir()


def test_nothing_is_left_by_a_process_that_ended_nor_by_one_that_was_killed_once_another_came(tmp_path: Path) -> None:
    run(tmp_path)
    assert left(tmp_path) == []
    run(tmp_path, "killed")
    assert any(path.name == "file" for path in left(tmp_path))
    run(tmp_path)
    assert left(tmp_path) == []


def test_a_process_that_needs_no_folder_can_clear_up_after_the_dead_too(tmp_path: Path) -> None:
    run(tmp_path, "killed")
    subprocess.run(
        [sys.executable, "-c", "from coordinator.temporary import clear_after_the_dead as clear; clear()"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        timeout=60,
        check=True,
    )
    assert left(tmp_path) == []
