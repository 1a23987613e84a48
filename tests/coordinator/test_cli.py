from __future__ import annotations

import subprocess
import sys

from tests.support.campaigns import blueprover


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
