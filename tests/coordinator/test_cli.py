from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.campaigns import COMMAND, blueprover

FULL = Path("/dev/full")
"""A disk of Linux on which there is never room."""


def test_the_command_line_loads_nothing_heavy_before_a_command_needs_it() -> None:
    heavy = "{'celery', 'anthropic', 'sqlalchemy', 'pydantic', 'igraph', 'redis'}"
    script = f"import sys, coordinator.cli; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_closed_pipe_ends_a_command_without_a_traceback() -> None:
    command = f"{sys.executable} -m coordinator check lean_project | true"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in answer.stderr


def test_help_names_every_command() -> None:
    answer = blueprover("--help", timeout=60)
    for command in ("demo", "init", "run", "status", "check", "doctor", "worker"):
        assert command in answer.stdout


def test_a_worker_says_what_it_lacks() -> None:
    answer = blueprover("worker", "--queue", "agents", "--slots", "1", "--folder", "x", timeout=60)
    assert answer.returncode == 1
    assert "BLUEPROVER_BROKER" in answer.stderr


@pytest.mark.parametrize(
    ("address", "sandbox", "code", "words"),
    [
        ("localhost:6379", "none", 6, "The broker's URL is none"),
        ("redis://127.0.0.1:1/0", "none", 6, "The broker does not answer"),
        ("redis://127.0.0.1:1/0", "nun", 1, "There is no sandbox 'nun'"),
    ],
)
def test_a_worker_that_cannot_serve_says_why_in_one_sentence(
    tmp_path: Path, address: str, sandbox: str, code: int, words: str
) -> None:
    command = [*COMMAND, "worker", "--queue", "agents", "--slots", "1", "--folder", str(tmp_path / "w")]
    answer = subprocess.run(
        [*command, "--sandbox", sandbox],
        env={**os.environ, "BLUEPROVER_BROKER": address},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == code
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["merge-driver", "log", "issue"])
def test_a_command_that_is_built_alone_is_called_as_among_all(command: str) -> None:
    answer = blueprover(command, "--help", timeout=60)
    assert answer.returncode == 0
    assert f"Usage: python -m coordinator {command}" in " ".join(answer.stdout.split())


def test_a_misspelt_command_is_told_which_one_is_meant() -> None:
    answer = blueprover("statu", timeout=60)
    assert answer.returncode == 2
    assert "Did you mean 'status'?" in answer.stderr


@pytest.mark.parametrize("command", [["check", "lean_project/blueprint", "--json"], ["status", "--help"]])
def test_a_full_disk_is_told_in_one_sentence(command: list[str]) -> None:
    with FULL.open("w") as full:
        answer = subprocess.run([*COMMAND, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode == 5
    assert answer.stderr.splitlines() == ["error: [Errno 28] No space left on device; make room, then do it again."]


def test_an_error_keeps_its_exit_code_where_there_is_no_room_for_its_sentence(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        answer = subprocess.run([*COMMAND, "status", str(tmp_path)], stderr=full, stdout=subprocess.PIPE, check=False)
    assert answer.returncode == 2
