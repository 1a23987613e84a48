"""Wrong inputs: one clear sentence, a documented exit code, never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from coordinator.campaign.founding import commit_folder
from tests.support.campaigns import blueprover, small_campaign

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def refused(code: int, words: str, *arguments: str) -> None:
    answer = blueprover(*arguments, timeout=60)
    assert answer.returncode == code, answer.stdout + answer.stderr
    assert words in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stdout + answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_folder_that_is_no_campaign(tmp_path: Path) -> None:
    for command in ("run", "status"):
        refused(2, "is no campaign", command, str(tmp_path))
    refused(2, "is no campaign", "run", str(tmp_path / "missing"))


def test_an_unknown_setting(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", budgte_usd=3)
    refused(2, "`budgte_usd` is no setting", "run", str(folder))


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        folder = small_campaign(tmp_path / "broker", broker={"port": port})
        refused(6, f"Port {port} is taken", "run", str(folder))
        model = {"name": "rehearsal", "rehearsal": "x.yaml", "rehearsal_port": port}
        folder = small_campaign(tmp_path / "model", model=model)
        refused(6, f"Port {port} is taken", "run", str(folder))


def test_a_model_without_a_price(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", model={"name": "no-such-model"})
    refused(7, "no-such-model", "run", str(folder))


def test_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    folder = small_campaign(tmp_path / "c", model={"name": "claude-opus-4-5"})
    refused(7, "ANTHROPIC_API_KEY", "run", str(folder))


def test_no_network(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", model={"name": "claude-opus-4-5", "base_url": "http://127.0.0.1:1"})
    refused(7, "the model's service at http://127.0.0.1:1", "run", str(folder))


def test_a_platform_without_lean(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    script = (
        "import sys, checker.lean.toolchain; checker.lean.toolchain.DISTRIBUTION = 'lean_of_another_platform'\n"
        "import coordinator.cli\n"
        f"sys.argv = ['blueprover', 'run', {str(folder)!r}]; coordinator.cli.main()"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 7, answer.stdout + answer.stderr
    assert "lean_of_another_platform, which carries Lean, is not installed" in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr


def test_a_broker_that_is_away(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", broker={"url": "redis://127.0.0.1:1/0"})
    refused(6, "broker does not answer", "run", str(folder))


def test_nothing_to_read(tmp_path: Path) -> None:
    refused(2, "", "check", str(tmp_path))
    refused(2, "", "check", str(tmp_path / "missing.tex"))
    refused(2, "", "init", str(tmp_path / "campaign"), "--blueprint", str(tmp_path))


def test_latex_that_does_not_parse_gives_places_not_a_traceback(tmp_path: Path) -> None:
    book = tmp_path / "web.tex"
    book.write_text("\\begin{document}\n\\begin{theorem}\\label{a}\\uses{b}\n{{{ $x \\end{document}")
    answer = blueprover("check", str(book), timeout=60)
    assert answer.returncode == 1
    assert "web.tex:2" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_a_campaign_whose_book_does_not_parse_or_is_empty(tmp_path: Path) -> None:
    for name, text, words in (
        ("broken", "\\begin{document}\n\\begin{theorem} \\input{missing} \\end{document}", "does not parse"),
        ("empty", "\\begin{document} Only prose. \\end{document}", "holds no statements"),
    ):
        folder = small_campaign(tmp_path / name)
        files = tmp_path / f"{name}-files"
        (files / "blueprint" / "src").mkdir(parents=True)
        (files / "blueprint" / "src" / "web.tex").write_text(text)
        commit_folder(folder / "hub.git", files, "Another book")
        refused(2, words, "run", str(folder))


def test_a_store_that_is_broken(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    (folder / "store.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    for command in ("run", "status"):
        refused(5, "store.sqlite is broken (file is not a database); there is no good backup", command, str(folder))


def test_an_unknown_command_and_a_missing_argument_are_typers_own_errors() -> None:
    assert blueprover("frobnicate").returncode == 2
    assert blueprover("run").returncode == 2
